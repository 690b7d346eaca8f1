#pragma once

#include "FlatButton.h"
#include "OscPicture.h"
#include "SessionView.h"
#include "Step.h"

namespace synthmatch
{

/** How Surge XT is made to hear us, with a picture. */
class HelpPanel final : public juce::Component
{
public:
    HelpPanel (const LookAndFeel&, SessionCommands&);

    std::function<void()> onClose;

    void show (const SessionView&);
    void paint (juce::Graphics&) override;
    void resized() override;

private:
    TextLabel title;
    Step open, tick;
    FlatButton lookAgain, close;
    OscPicture picture;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (HelpPanel)
};

} // namespace synthmatch
