#pragma once

#include "LookAndFeel.h"

namespace synthmatch
{

/** Where OSC is switched on in Surge XT: its menu, and the two boxes to tick. */
class OscPicture final : public juce::Component
{
public:
    /** At full size; it is drawn smaller where there is less room. */
    static constexpr int width = 252, height = 112;

    explicit OscPicture (const LookAndFeel&);

    void paint (juce::Graphics&) override;

private:
    const LookAndFeel& look;

    void paintMenu (juce::Graphics&, juce::Rectangle<float>) const;
    void paintEntry (juce::Graphics&, juce::Rectangle<float>, const juce::String& text) const;
    void paintDialog (juce::Graphics&, juce::Rectangle<float>) const;
    void paintBox (juce::Graphics&, juce::Rectangle<float>, const juce::String& label) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (OscPicture)
};

} // namespace synthmatch
