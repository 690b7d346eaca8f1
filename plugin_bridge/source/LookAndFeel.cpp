#include "LookAndFeel.h"

#include <Assets.h>

namespace synthmatch
{

namespace
{
constexpr int tooltipWidth = 300;
constexpr int tooltipMargin = 7;

double luminance (juce::Colour colour)
{
    const auto linear = [] (float channel)
    { return channel <= 0.04045f ? channel / 12.92 : std::pow ((channel + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear (colour.getFloatRed()) + 0.7152 * linear (colour.getFloatGreen())
           + 0.0722 * linear (colour.getFloatBlue());
}

juce::TextLayout paragraph (const juce::Font& font, const juce::String& text, juce::Colour colour, int width,
                            juce::Justification justification)
{
    juce::AttributedString attributed;
    attributed.append (text, font, colour);
    attributed.setJustification (justification);
    juce::TextLayout layout;
    layout.createLayout (attributed, (float) width);
    return layout;
}
} // namespace

double contrast (juce::Colour first, juce::Colour second)
{
    const auto [dark, light] = std::minmax ({ luminance (first), luminance (second) });
    return (light + 0.05) / (dark + 0.05);
}

LookAndFeel::LookAndFeel()
    : regular (
          juce::Typeface::createSystemTypefaceFor (assets::InterRegular_otf, assets::InterRegular_otfSize)),
      semiBold (
          juce::Typeface::createSystemTypefaceFor (assets::InterSemiBold_otf, assets::InterSemiBold_otfSize))
{
    using namespace palette;
    const auto none = juce::Colours::transparentBlack;

    setColour (juce::Label::textColourId, text);
    setColour (juce::ListBox::backgroundColourId, surface);
    setColour (juce::ListBox::outlineColourId, none);
    setColour (juce::ScrollBar::thumbColourId, outline);
    setColour (juce::PopupMenu::backgroundColourId, control);
    setColour (juce::PopupMenu::textColourId, text);
    setColour (juce::PopupMenu::headerTextColourId, muted);
    setColour (juce::PopupMenu::highlightedBackgroundColourId, accent);
    setColour (juce::PopupMenu::highlightedTextColourId, onAccent);
    setColour (juce::TextEditor::backgroundColourId, background);
    setColour (juce::TextEditor::textColourId, text);
    setColour (juce::TextEditor::highlightColourId, tint);
    setColour (juce::TextEditor::highlightedTextColourId, text);
    setColour (juce::TextEditor::outlineColourId, outline);
    setColour (juce::TextEditor::focusedOutlineColourId, accent);
    setColour (juce::CaretComponent::caretColourId, accent);
}

juce::Font LookAndFeel::font (float height, bool bold) const
{
    return juce::Font (bold ? semiBold : regular).withHeight (height);
}

int LookAndFeel::textWidth (const juce::Font& font, const juce::String& text)
{
    juce::GlyphArrangement glyphs;
    glyphs.addLineOfText (font, text, 0.0f, 0.0f);
    return (int) std::ceil (glyphs.getBoundingBox (0, -1, true).getWidth());
}

juce::String LookAndFeel::shortened (const juce::Font& font, const juce::String& text, int width)
{
    auto shown = text;
    for (int left = text.length() - 1; left > 1 && textWidth (font, shown) > width; --left)
    {
        const int tail = left / 2;
        shown = text.substring (0, left - tail).trimEnd() + juce::String::charToString (0x2026)
                + text.getLastCharacters (tail).trimStart();
    }
    return shown;
}

void LookAndFeel::drawFocusRing (juce::Graphics& g, juce::Rectangle<float> area, float corner)
{
    g.setColour (palette::text);
    g.drawRoundedRectangle (area.reduced (0.75f), corner, 1.5f);
    g.setColour (palette::background); // so that it is seen on light buttons too
    g.drawRoundedRectangle (area.reduced (2.25f), corner - 1.0f, 1.5f);
}

juce::Font LookAndFeel::getPopupMenuFont() { return font (bodyHeight); }

void LookAndFeel::drawPopupMenuBackgroundWithOptions (juce::Graphics& g, int width, int height,
                                                      const juce::PopupMenu::Options&)
{
    g.fillAll (palette::control);
    g.setColour (palette::outline);
    g.drawRect (0, 0, width, height);
}

juce::Font LookAndFeel::getLabelFont (juce::Label& label) { return label.getFont(); }

juce::TextLayout LookAndFeel::tooltipLayout (const juce::String& text) const
{
    return paragraph (font (smallHeight), text, palette::background, tooltipWidth,
                      juce::Justification::topLeft);
}

juce::Rectangle<int> LookAndFeel::getTooltipBounds (const juce::String& text, juce::Point<int> position,
                                                    juce::Rectangle<int> parent)
{
    const auto layout = tooltipLayout (text);
    const int width = (int) std::ceil (layout.getWidth()) + 2 * tooltipMargin;
    const int height = (int) std::ceil (layout.getHeight()) + 2 * tooltipMargin;
    const int x = position.x > parent.getCentreX() ? position.x - width - 12 : position.x + 16;
    const int y = position.y > parent.getCentreY() ? position.y - height - 6 : position.y + 16;
    return juce::Rectangle<int> (x, y, width, height).constrainedWithin (parent);
}

void LookAndFeel::drawTooltip (juce::Graphics& g, const juce::String& text, int width, int height)
{
    g.fillAll (palette::text);
    tooltipLayout (text).draw (g, juce::Rectangle<int> (width, height).reduced (tooltipMargin).toFloat());
}

void LookAndFeel::drawTextEditorOutline (juce::Graphics& g, int width, int height, juce::TextEditor& editor)
{
    const auto area = juce::Rectangle<int> (width, height).toFloat();
    if (editor.hasKeyboardFocus (true))
        return drawFocusRing (g, area, 4.0f);
    g.setColour (palette::outline);
    g.drawRoundedRectangle (area.reduced (0.5f), 4.0f, 1.0f);
}

void LookAndFeel::drawScrollbar (juce::Graphics& g, juce::ScrollBar&, int x, int y, int width, int height,
                                 bool vertical, int thumbStart, int thumbSize, bool mouseOver, bool mouseDown)
{
    auto thumb = vertical ? juce::Rectangle<int> (x, thumbStart, width, thumbSize)
                          : juce::Rectangle<int> (thumbStart, y, thumbSize, height);
    g.setColour (mouseOver || mouseDown ? palette::muted : palette::outline);
    g.fillRoundedRectangle (thumb.toFloat().reduced (2.0f), 3.0f);
}

void LookAndFeel::drawCornerResizer (juce::Graphics& g, int width, int height, bool mouseOver,
                                     bool mouseDragging)
{
    g.setColour (mouseOver || mouseDragging ? palette::text : palette::outline);
    for (const float inset : { 0.45f, 0.7f })
        g.drawLine ((float) width * inset, (float) height - 3.0f, (float) width - 3.0f,
                    (float) height * inset, 1.2f);
}

juce::Typeface::Ptr LookAndFeel::getTypefaceForFont (const juce::Font& font)
{
    if (font.getTypefaceName() == juce::Font::getDefaultSansSerifFontName())
        return font.isBold() ? semiBold : regular;
    return juce::LookAndFeel_V4::getTypefaceForFont (font);
}

void openMenu (juce::PopupMenu& menu, juce::Component& button)
{
    menu.setLookAndFeel (&button.getLookAndFeel());
    menu.showMenuAsync (juce::PopupMenu::Options()
                            .withTargetComponent (button)
                            .withParentComponent (button.findParentComponentOfClass<Frame>())
                            .withDeletionCheck (button)
                            .withStandardItemHeight (24));
}

TextLabel::TextLabel (const LookAndFeel& look, float height, juce::Colour colour, bool bold,
                      juce::Justification justification)
{
    setFont (look.font (height, bold));
    setColour (textColourId, colour);
    setJustificationType (justification);
    setBorderSize ({});
    setMinimumHorizontalScale (1.0f);
    setInterceptsMouseClicks (false, false);
}

void TextLabel::show (const juce::String& text) { setText (text, juce::dontSendNotification); }

juce::TextLayout TextLabel::layoutFor (int width) const
{
    return paragraph (getFont(), getText(), findColour (textColourId), width, getJustificationType());
}

int TextLabel::heightFor (int width) const { return (int) std::ceil (layoutFor (width).getHeight()); }

bool TextLabel::fits() const
{
    return getText().isEmpty() || (heightFor (getWidth()) <= getHeight() && longestWord() <= getWidth());
}

void TextLabel::paint (juce::Graphics& g) { layoutFor (getWidth()).draw (g, getLocalBounds().toFloat()); }

int TextLabel::longestWord() const
{
    int longest = 0;
    for (const auto& word : juce::StringArray::fromTokens (getText(), false))
        longest = std::max (longest, LookAndFeel::textWidth (getFont(), word));
    return longest;
}

} // namespace synthmatch
