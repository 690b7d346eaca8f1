#pragma once

#include <juce_gui_basics/juce_gui_basics.h>

namespace synthmatch
{

/** The window's colours: dark, flat, one accent, one alert. */
namespace palette
{
const juce::Colour background { 0xff17191d };
const juce::Colour surface { 0xff1f2227 }; // waveform, list, panels
const juce::Colour control { 0xff2c3037 }; // buttons
const juce::Colour controlHover { 0xff373c45 };
const juce::Colour controlDown { 0xff23262c };
const juce::Colour outline { 0xff6d7582 }; // what separates, and the sound that is left out
const juce::Colour text { 0xffeceef1 };
const juce::Colour muted { 0xffa9b1bd };
const juce::Colour accent { 0xff4fd6b0 };
const juce::Colour onAccent { 0xff06231b };
const juce::Colour tint { 0xff21413b };  // behind what is on or selected
const juce::Colour alert { 0xffff8f70 }; // recording, and what went wrong
} // namespace palette

/** Contrast of two colours after WCAG 2: 1 (none) to 21; text needs 4.5, other signs 3. */
double contrast (juce::Colour first, juce::Colour second);

/** How everything in the window is drawn, with the typeface that it brings along. */
class LookAndFeel final : public juce::LookAndFeel_V4
{
public:
    LookAndFeel();

    /** Heights are those of a line, in logical pixels. */
    static constexpr float smallHeight = 14.0f;
    static constexpr float bodyHeight = 15.5f;
    static constexpr float bigHeight = 19.0f;

    juce::Font font (float height, bool bold = false) const;

    /** How wide `text` is on one line, in logical pixels, rounded up. */
    static int textWidth (const juce::Font&, const juce::String& text);

    /** `text` shortened in its middle, so that both ends of a name can be read. */
    static juce::String shortened (const juce::Font&, const juce::String& text, int width);

    static void drawFocusRing (juce::Graphics&, juce::Rectangle<float> area, float corner = 5.0f);

    juce::Font getPopupMenuFont() override;
    void drawPopupMenuBackgroundWithOptions (juce::Graphics&, int width, int height,
                                             const juce::PopupMenu::Options&) override;
    juce::Font getLabelFont (juce::Label&) override;
    juce::Rectangle<int> getTooltipBounds (const juce::String&, juce::Point<int> position,
                                           juce::Rectangle<int> parent) override;
    void drawTooltip (juce::Graphics&, const juce::String&, int width, int height) override;
    void drawTextEditorOutline (juce::Graphics&, int width, int height, juce::TextEditor&) override;
    void drawScrollbar (juce::Graphics&, juce::ScrollBar&, int x, int y, int width, int height, bool vertical,
                        int thumbStart, int thumbSize, bool mouseOver, bool mouseDown) override;
    void drawCornerResizer (juce::Graphics&, int width, int height, bool mouseOver,
                            bool mouseDragging) override;
    juce::Typeface::Ptr getTypefaceForFont (const juce::Font&) override;

private:
    juce::Typeface::Ptr regular, semiBold;

    juce::TextLayout tooltipLayout (const juce::String&) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (LookAndFeel)
};

/** What the window's content lies in: its menus and tooltips open inside of it, and at its scale. */
class Frame : public juce::Component
{
};

/** Opens a menu at `button`. What its items do must not outlive the button: use SafePointer. */
void openMenu (juce::PopupMenu&, juce::Component& button);

/** A line or a paragraph of text that shows in one font and colour. */
class TextLabel final : public juce::Label
{
public:
    TextLabel (const LookAndFeel&, float height, juce::Colour, bool bold = false,
               juce::Justification = juce::Justification::centredLeft);

    /** Shows `text`, and is repainted only if it is another. */
    void show (const juce::String& text);

    /** How high the text is, broken into lines of `width` logical pixels. */
    int heightFor (int width) const;

    /** Whether all of the text can be read within the bounds. */
    bool fits() const;

    void paint (juce::Graphics&) override;

private:
    juce::TextLayout layoutFor (int width) const;
    int longestWord() const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (TextLabel)
};

} // namespace synthmatch
