#pragma once

#include "Problem.h"
#include "Region.h"

/** Regions to and from sound files. These functions block on the disk: never call them on the audio or
    message thread.
*/
namespace synthmatch
{

/** Longest and shortest sound that is matched, and the sample rates, as in the backend. */
constexpr double longestRegionS = 600.0;
constexpr double shortestRegionS = 0.05;
constexpr double lowestRateHz = 8000.0;
constexpr double highestRateHz = 192000.0;

/** A file written for the backend, or why there is none: exactly one of both. */
struct WrittenRegion
{
    juce::File file;
    Problem problem;
};

/** Write the trimmed part of a region into a folder: a 32-bit float WAV under a new, unique name.

    It is written under a temporary name and then renamed, so that a reader finds all of it or nothing.
    A region without audio is a copy of its `file`, whole: then the backend reads and trims it.
    Refused: no samples, less than 50 ms, silence (nothing above -80 dB), a folder that is missing or full.
*/
WrittenRegion writeRegion (const Region&, const juce::File& folder);

/** A file read as a region, or why it cannot be: exactly one of both. */
struct LoadedRegion
{
    RegionPtr region;
    Problem problem;
};

/** Read a wav, aiff or mp3 file; of flac and ogg the region has only `file` and `name`.

    More than two channels become their mean. Refused: what is missing, unreadable, empty, silent, cut off,
    shorter than 50 ms or longer than 10 minutes, or outside 8 to 192 kHz.
*/
LoadedRegion loadRegion (const juce::File&);

/** "*.wav;*.aiff;..." for a file chooser. */
juce::String loadableWildcard();

/** Whether a file's name says that `loadRegion` may read it; for drops, without touching the disk. */
bool looksLoadable (const juce::String& path);

} // namespace synthmatch
