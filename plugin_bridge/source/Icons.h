#pragma once

#include <juce_gui_basics/juce_gui_basics.h>

namespace synthmatch
{

enum class Icon
{
    none,
    record,
    stop,
    play,
    previous,
    next,
    down, // a menu opens
    undo,
    keep,
    refresh,
    close,
    help,
    more,
    tick,
    dot,
    warning
};

/** The icon in one colour, centred in `area`. */
void drawIcon (juce::Graphics&, Icon, juce::Rectangle<float> area, juce::Colour);

} // namespace synthmatch
