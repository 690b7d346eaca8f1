#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** A sentence for the musician: what went wrong and what to do next, or what should be known of a match. */
class NoticeBar final : public juce::Component
{
public:
    NoticeBar (const LookAndFeel&, SessionCommands&);

    /** The address box is to be opened. */
    std::function<void()> onAddress;

    /** It has something else to say, or nothing: it needs another height. */
    std::function<void()> onChange;

    void show (const SessionViewPtr&);
    bool hasSomethingToSay() const { return sentence.getText().isNotEmpty(); }

    /** How high it needs to be, in logical pixels. */
    int heightFor (int width) const;

    void paint (juce::Graphics&) override;
    void resized() override;

private:
    SessionCommands& session;
    SessionViewPtr view;
    juce::String closedRemark; // was read and closed
    bool isProblem = false;
    TextLabel sentence, nextStep;
    FlatButton tryAgain, openLogs, address, close;

    juce::String remark() const;
    void say (const juce::String& text, const juce::String& next);
    void retry();
    void closeNotice();
    int textWidth (int width) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (NoticeBar)
};

} // namespace synthmatch
