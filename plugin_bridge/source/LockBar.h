#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** Which sections of the musician's patch a match leaves as they are. */
class LockBar final : public juce::Component
{
public:
    LockBar (const LookAndFeel&, SessionCommands&);

    void show (const SessionView&);
    void resized() override;

private:
    TextLabel label, help;
    std::array<FlatButton, sectionCount> locks;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (LockBar)
};

} // namespace synthmatch
