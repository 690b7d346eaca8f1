#include "OscPicture.h"

#include "Icons.h"
#include "Step.h"

namespace synthmatch
{

namespace
{
constexpr float line = 17.0f; // height of a menu's entry
constexpr float textHeight = 13.0f;
constexpr float badge = 10.0f; // room for the numbers at the right
constexpr float menuHeight = 3.0f * line + 6.0f;

void paintFrame (juce::Graphics& g, juce::Rectangle<float> area)
{
    g.setColour (palette::control);
    g.fillRoundedRectangle (area, 3.0f);
    g.setColour (palette::outline);
    g.drawRoundedRectangle (area.reduced (0.5f), 3.0f, 1.0f);
}

/** An entry of the menu that does not matter here. */
void paintOtherEntry (juce::Graphics& g, juce::Rectangle<float> area, float width)
{
    g.setColour (palette::outline);
    g.fillRoundedRectangle (
        area.withTrimmedLeft (10.0f).withWidth (width).withSizeKeepingCentre (width, 4.0f), 2.0f);
}
} // namespace

OscPicture::OscPicture (const LookAndFeel& lookToUse) : look (lookToUse)
{
    setTitle ("Surge XT's menu with OSC Settings, Show OSC Settings, and its window with OSC In and OSC Out "
              "ticked");
    setInterceptsMouseClicks (false, false);
}

void OscPicture::paint (juce::Graphics& g)
{
    const float scale = std::min ({ 1.0f, (float) getWidth() / width, (float) getHeight() / height });
    g.addTransform (
        juce::AffineTransform::scale (scale).translated ((float) getWidth() - scale * width, 0.0f));
    auto area = juce::Rectangle<float> ((float) width, (float) height).withTrimmedRight (badge);
    paintMenu (g, area.removeFromTop (menuHeight));
    area.removeFromTop (8.0f);
    paintDialog (g, area);
}

void OscPicture::paintMenu (juce::Graphics& g, juce::Rectangle<float> area) const
{
    const float gap = 3.0f;
    auto main = area.removeFromLeft (104.0f);
    auto sub = area.withTrimmedLeft (gap).withTop (main.getY() + line).withHeight (line + 6.0f);
    paintFrame (g, main);
    paintFrame (g, sub);

    main = main.reduced (0.0f, 3.0f);
    paintOtherEntry (g, main.removeFromTop (line), 52.0f);
    const auto chosen = main.removeFromTop (line);
    paintOtherEntry (g, main, 70.0f);
    paintEntry (g, chosen, "OSC Settings");
    juce::Path arrow;
    const auto tip = chosen.getTopRight().translated (-6.0f, 0.5f * line);
    arrow.addTriangle (tip.x, tip.y, tip.x - 5.0f, tip.y - 3.5f, tip.x - 5.0f, tip.y + 3.5f);
    g.fillPath (arrow);
    paintEntry (g, sub.reduced (0.0f, 3.0f), "Show OSC Settings...");
    Step::paintNumber (g, look.font (textHeight, true),
                       sub.getTopRight().translated (0.0f, 0.5f * sub.getHeight()), 1);
}

void OscPicture::paintEntry (juce::Graphics& g, juce::Rectangle<float> area, const juce::String& text) const
{
    g.setColour (palette::accent);
    g.fillRect (area);
    g.setColour (palette::onAccent);
    g.setFont (look.font (textHeight));
    g.drawText (text, area.withTrimmedLeft (10.0f), juce::Justification::centredLeft, false);
}

void OscPicture::paintDialog (juce::Graphics& g, juce::Rectangle<float> area) const
{
    paintFrame (g, area);
    auto inside = area.reduced (8.0f, 6.0f);
    const float width = inside.getWidth() / 2.0f;
    paintBox (g, inside.removeFromLeft (width), "OSC In");
    paintBox (g, inside, "OSC Out");
    Step::paintNumber (g, look.font (textHeight, true),
                       area.getTopRight().translated (0.0f, 0.5f * area.getHeight()), 2);
}

void OscPicture::paintBox (juce::Graphics& g, juce::Rectangle<float> area, const juce::String& label) const
{
    auto row = area.removeFromTop (area.getHeight() * 0.5f);
    const auto box = row.removeFromLeft (14.0f).withSizeKeepingCentre (14.0f, 14.0f);
    g.setColour (palette::accent);
    g.fillRoundedRectangle (box, 2.0f);
    drawIcon (g, Icon::tick, box.reduced (2.0f), palette::onAccent);
    g.setColour (palette::text);
    g.setFont (look.font (textHeight, true));
    g.drawText (label, row.withTrimmedLeft (6.0f), juce::Justification::centredLeft);

    const auto field = area.withSizeKeepingCentre (area.getWidth(), 16.0f).withWidth (64.0f);
    g.setColour (palette::background);
    g.fillRoundedRectangle (field, 2.0f);
    g.setColour (palette::outline);
    g.fillRoundedRectangle (field.withSizeKeepingCentre (34.0f, 4.0f), 2.0f);
}

} // namespace synthmatch
