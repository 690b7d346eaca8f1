#pragma once

#include "LookAndFeel.h"

namespace synthmatch
{

/** One numbered line of an instruction. */
class Step final : public juce::Component
{
public:
    Step (const LookAndFeel&, int number, const juce::String& text);

    /** How high it is at this width, in logical pixels. */
    int heightFor (int width) const;

    void paint (juce::Graphics&) override;
    void resized() override;

    /** The number in its disc, as the pictures show it too. */
    static void paintNumber (juce::Graphics&, const juce::Font&, juce::Point<float> centre, int number);

private:
    juce::Font numberFont;
    int number;
    TextLabel label;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (Step)
};

} // namespace synthmatch
