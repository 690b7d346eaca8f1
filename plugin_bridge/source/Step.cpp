#include "Step.h"

namespace synthmatch
{

namespace
{
constexpr int disc = 18, gap = 8;
} // namespace

Step::Step (const LookAndFeel& look, int numberToShow, const juce::String& text)
    : numberFont (look.font (13.0f, true)), number (numberToShow),
      label (look, LookAndFeel::bodyHeight, palette::text, false, juce::Justification::topLeft)
{
    label.show (text);
    addAndMakeVisible (label);
}

int Step::heightFor (int width) const { return std::max (disc, 1 + label.heightFor (width - disc - gap)); }

void Step::paintNumber (juce::Graphics& g, const juce::Font& font, juce::Point<float> centre, int number)
{
    const auto area = juce::Rectangle<float> ((float) disc, (float) disc).withCentre (centre);
    g.setColour (palette::tint);
    g.fillEllipse (area);
    g.setColour (palette::accent);
    g.drawEllipse (area.reduced (0.5f), 1.0f);
    g.setFont (font);
    g.drawText (juce::String (number), area, juce::Justification::centred, false);
}

void Step::paint (juce::Graphics& g) { paintNumber (g, numberFont, { disc / 2.0f, disc / 2.0f }, number); }

void Step::resized() { label.setBounds (getLocalBounds().withTrimmedLeft (disc + gap).withTrimmedTop (1)); }

} // namespace synthmatch
