#include "FlatButton.h"

namespace synthmatch
{

namespace
{
constexpr int iconSize = 12;
constexpr int gap = 6;
constexpr int arrowSize = 9;
constexpr float corner = 5.0f;
constexpr float secondLineHeight = 13.0f;
} // namespace

FlatButton::FlatButton (const LookAndFeel& look, const juce::String& text, Icon iconToShow,
                        Weight weightToUse)
    : Button (text), textFont (look.font (LookAndFeel::bodyHeight, weightToUse == Weight::primary)),
      icon (iconToShow), weight (weightToUse),
      iconColour (weightToUse == Weight::primary ? palette::onAccent : palette::text)
{
    setMouseClickGrabsKeyboardFocus (false);
    setMouseCursor (juce::MouseCursor::PointingHandCursor);
}

void FlatButton::showIconOnly (const juce::String& title)
{
    iconAlone = true;
    setTitle (title);
    setTooltip (title);
}

void FlatButton::show (const juce::String& text, Icon iconToShow)
{
    if (icon != iconToShow)
    {
        icon = iconToShow;
        repaint();
    }
    setButtonText (text);
}

int FlatButton::contentWidth() const
{
    int width = 0;
    if (icon != Icon::none)
        width += iconSize;
    if (! iconAlone)
        width += std::max (LookAndFeel::textWidth (textFont, getButtonText()),
                           LookAndFeel::textWidth (textFont.withHeight (secondLineHeight), secondLine))
                 + (icon != Icon::none ? gap : 0);
    if (menuArrow)
        width += arrowSize + (iconAlone ? 0 : gap);
    return width;
}

juce::Colour FlatButton::backgroundColour (bool highlighted, bool down) const
{
    using namespace palette;
    if (weight == Weight::primary && isEnabled())
        return down ? accent.darker (0.15f) : highlighted ? accent.brighter (0.25f) : accent;
    if (getToggleState())
        return highlighted ? tint.brighter (0.08f) : tint;
    if (down)
        return controlDown;
    if (highlighted)
        return controlHover;
    return weight == Weight::quiet ? juce::Colours::transparentBlack : control;
}

void FlatButton::paintButton (juce::Graphics& g, bool highlighted, bool down)
{
    const float alpha = isEnabled() ? 1.0f : 0.4f;
    const bool usable = isEnabled();

    g.setColour (backgroundColour (highlighted && usable, down && usable).withMultipliedAlpha (alpha));
    g.fillPath (outline (0.0f));
    if (getToggleState())
    {
        g.setColour (palette::accent.withMultipliedAlpha (alpha));
        g.strokePath (outline (0.5f), juce::PathStrokeType (1.0f));
    }
    if (hasKeyboardFocus (false))
        LookAndFeel::drawFocusRing (g, getLocalBounds().toFloat(), corner);

    const auto colour = weight == Weight::primary && isEnabled() ? palette::onAccent
                        : getToggleState()                       ? palette::accent
                                                                 : palette::text;
    auto content = getLocalBounds().withSizeKeepingCentre (std::min (contentWidth(), getWidth()),
                                                           getHeight());
    if (icon != Icon::none)
    {
        drawIcon (g, icon,
                  content.removeFromLeft (iconSize).toFloat().withSizeKeepingCentre (iconSize, iconSize),
                  (getToggleState() ? colour : iconColour).withMultipliedAlpha (alpha));
        content.removeFromLeft (iconAlone ? 0 : gap);
    }
    if (menuArrow)
    {
        drawIcon (g, Icon::down,
                  content.removeFromRight (arrowSize).toFloat().withSizeKeepingCentre (arrowSize, arrowSize),
                  palette::muted.withMultipliedAlpha (alpha));
        content.removeFromRight (iconAlone ? 0 : gap);
    }
    if (! iconAlone)
    {
        g.setColour (colour.withMultipliedAlpha (alpha));
        paintLines (g, content);
    }
}

void FlatButton::paintLines (juce::Graphics& g, juce::Rectangle<int> area) const
{
    g.setFont (textFont);
    if (secondLine.isEmpty())
        return g.drawText (getButtonText(), area, juce::Justification::centredLeft, true);
    const int both = juce::roundToInt (textFont.getHeight() + secondLineHeight);
    auto lines = getLocalBounds().withSizeKeepingCentre (getWidth(), both);
    g.drawText (getButtonText(), lines.removeFromTop (juce::roundToInt (textFont.getHeight())),
                juce::Justification::centred, true);
    g.setFont (textFont.withHeight (secondLineHeight));
    g.drawText (secondLine, lines, juce::Justification::centred, true);
}

juce::Path FlatButton::outline (float inset) const
{
    const auto area = getLocalBounds().toFloat().reduced (inset);
    const bool left = ! isConnectedOnLeft();
    const bool right = ! isConnectedOnRight();
    juce::Path path;
    path.addRoundedRectangle (area.getX(), area.getY(), area.getWidth(), area.getHeight(), corner, corner,
                              left, right, left, right);
    return path;
}

} // namespace synthmatch
