#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** How far a match is: a bar, what is being done, and how long it will take. */
class ProgressView final : public juce::Component
{
public:
    explicit ProgressView (const LookAndFeel&);

    void show (const SessionView&);
    void paint (juce::Graphics&) override;
    void resized() override;
    std::unique_ptr<juce::AccessibilityHandler> createAccessibilityHandler() override;

private:
    TextLabel stage, left;
    float fraction = -1.0f;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (ProgressView)
};

/** The Match button and how long a match may take; while one is under way its progress and Cancel. */
class MatchBar final : public juce::Component
{
public:
    MatchBar (const LookAndFeel&, SessionCommands&);

    void show (const SessionView&);
    void resized() override;

private:
    FlatButton match;
    std::array<FlatButton, 3> budgets;
    ProgressView progress;
    FlatButton cancel;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (MatchBar)
};

} // namespace synthmatch
