#pragma once

#include "Icons.h"
#include "LookAndFeel.h"

namespace synthmatch
{

/** Every button of the window: an icon, a text, or both.

    A click with the mouse does not take the keyboard from the host; Tab reaches it.
*/
class FlatButton final : public juce::Button
{
public:
    enum class Weight
    {
        quiet, // no background of its own
        normal,
        primary // the accent
    };

    FlatButton (const LookAndFeel&, const juce::String& text, Icon = Icon::none, Weight = Weight::normal);

    /** From now on the icon stands alone, and `title` is its tooltip and what screen readers say. */
    void showIconOnly (const juce::String& title);

    /** Shows this text and icon, and is repainted only if they are others. */
    void show (const juce::String& text, Icon);

    /** A smaller line below the text. */
    void setSecondLine (const juce::String& text) { secondLine = text; }

    void setMenuArrow (bool hasArrow) { menuArrow = hasArrow; }
    void setIconColour (juce::Colour colour) { iconColour = colour; }
    void setTextHeight (float height) { textFont = textFont.withHeight (height); }

    /** As wide as its content and some air, in logical pixels. */
    int idealWidth() const { return contentWidth() + 2 * margin; }

    /** Whether all of its content can be seen within its bounds. */
    bool contentFits() const { return contentWidth() <= getWidth(); }

    void paintButton (juce::Graphics&, bool highlighted, bool down) override;

private:
    static constexpr int margin = 10;

    juce::Font textFont;
    juce::String secondLine;
    Icon icon;
    Weight weight;
    juce::Colour iconColour;
    bool menuArrow = false, iconAlone = false;

    int contentWidth() const;
    void paintLines (juce::Graphics&, juce::Rectangle<int>) const;
    juce::Path outline (float inset) const;
    juce::Colour backgroundColour (bool highlighted, bool down) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (FlatButton)
};

} // namespace synthmatch
