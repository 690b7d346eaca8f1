#pragma once

#include "Region.h"

namespace synthmatch
{

/** Which part of a sound is taken, in seconds from its first sample. */
struct Trim
{
    /** The backend matches nothing shorter. */
    static constexpr double shortestS = 0.05;

    double startS = 0.0, endS = 0.0;

    /** With another start, which stops before the end. */
    Trim withStart (double newStartS) const { return { std::min (newStartS, endS - shortestS), endS }; }

    /** With another end, which stops after the start. */
    Trim withEnd (double newEndS) const { return { startS, std::max (newEndS, startS + shortestS) }; }

    /** Brought within a sound of this length, which is not shorter than `shortestS`. */
    Trim within (double lengthS) const
    {
        const double start = juce::jlimit (0.0, lengthS - shortestS, startS);
        return { start, juce::jlimit (start + shortestS, lengthS, endS) };
    }
};

} // namespace synthmatch
