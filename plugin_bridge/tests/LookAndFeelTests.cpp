#include "LookAndFeel.h"

#include <catch2/catch.hpp>

using namespace synthmatch;

TEST_CASE ("Contrast is that of WCAG 2", "[look]")
{
    CHECK (contrast (juce::Colours::black, juce::Colours::white) == Approx (21.0));
    CHECK (contrast (juce::Colours::white, juce::Colours::black) == Approx (21.0));
    CHECK (contrast (juce::Colour (0xff767676), juce::Colours::white) == Approx (4.54).margin (0.01));
    CHECK (contrast (juce::Colours::red, juce::Colours::red) == Approx (1.0));
}

TEST_CASE ("All text can be read: at least 4.5 to 1, and 3 to 1 for signs", "[look]")
{
    using namespace palette;
    const std::vector<std::pair<juce::Colour, std::vector<juce::Colour>>> textOn = {
        { background, { text, muted, accent, alert } },
        { surface, { text, muted, accent, alert } },
        { control, { text, muted, accent, alert } },
        { controlHover, { text, muted, accent } },
        { controlDown, { text, accent } },
        { tint, { text, accent } },
        { tint.brighter (0.08f), { accent } },
        { accent, { onAccent } },
        { accent.brighter (0.25f), { onAccent } },
        { accent.darker (0.15f), { onAccent } },
        { text, { background } }, // tooltips
    };
    for (const auto& [ground, inks] : textOn)
        for (const auto ink : inks)
        {
            CAPTURE (ground.toString(), ink.toString());
            CHECK (contrast (ground, ink) >= 4.5);
        }
    for (const auto ground : { background, surface })
        CHECK (contrast (ground, outline) >= 3.0);
}

TEST_CASE ("A name that is too long keeps both of its ends", "[look]")
{
    const LookAndFeel look;
    const auto font = look.font (LookAndFeel::bodyHeight);
    const juce::String name = "a very long recording of a bass guitar, take 12.wav";
    const auto shortened = LookAndFeel::shortened (font, name, 120);
    CHECK (LookAndFeel::textWidth (font, shortened) <= 120);
    CHECK (shortened.startsWith ("a very"));
    CHECK (shortened.endsWith (".wav"));
    CHECK (LookAndFeel::shortened (font, "kick.wav", 120) == "kick.wav");
    CHECK (LookAndFeel::shortened (font, "", 0).isEmpty());
    CHECK (LookAndFeel::shortened (font, name, 0).length() < 5);
}

TEST_CASE ("The window's own typeface is used, and a bold one with it", "[look]")
{
    const LookAndFeel look;
    const auto regular = look.font (20.0f);
    const auto bold = look.font (20.0f, true);
    CHECK (regular.getHeight() == 20.0f);
    CHECK (regular.getTypefaceName().startsWith ("Inter"));
    CHECK (LookAndFeel::textWidth (bold, "Match") > LookAndFeel::textWidth (regular, "Match"));
}

TEST_CASE ("A label knows whether its text can be read", "[look]")
{
    const LookAndFeel look;
    TextLabel label (look, LookAndFeel::bodyHeight, palette::text);
    label.show ("Two words and then some more of them");
    label.setSize (400, 20);
    CHECK (label.fits());
    label.setSize (100, 20);
    CHECK_FALSE (label.fits());
    label.setSize (100, label.heightFor (100));
    CHECK (label.fits());
    CHECK (label.getHeight() > 30);
    label.show ("Unbreakable-as-it-is-one-word-only");
    label.setSize (50, 200);
    CHECK_FALSE (label.fits());
}
