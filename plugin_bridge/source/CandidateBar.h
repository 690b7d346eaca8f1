#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** What can be done with the candidates: step, compare by ear, undo, keep. */
class CandidateBar final : public juce::Component
{
public:
    CandidateBar (const LookAndFeel&, SessionCommands&);

    /** The selected candidate's preset is to be kept. */
    std::function<void()> onKeep;

    void show (const SessionViewPtr&);
    void resized() override;

private:
    SessionCommands& session;
    SessionViewPtr view;
    FlatButton previous, next, target, candidate, undo, keep;

    void toggle (Audition);

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (CandidateBar)
};

} // namespace synthmatch
