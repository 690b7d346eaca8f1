#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** How much may change, 0 to 100%. The arrow keys to the sides move it; the others are the window's. */
class AmountSlider final : public juce::Slider
{
public:
    AmountSlider();

    bool keyPressed (const juce::KeyPress&) override;
    void focusGained (FocusChangeType) override { repaint(); }
    void focusLost (FocusChangeType) override { repaint(); }
    void paint (juce::Graphics&) override;

private:
    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (AmountSlider)
};

/** More like the selected candidate: the button, and how much may change. */
class MoreBar final : public juce::Component
{
public:
    MoreBar (const LookAndFeel&, SessionCommands&);

    void show (const SessionViewPtr&);
    void resized() override;

private:
    SessionViewPtr view;
    FlatButton more;
    TextLabel label, percent;
    AmountSlider amount;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (MoreBar)
};

} // namespace synthmatch
