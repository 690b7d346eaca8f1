#pragma once

#include "Region.h"

namespace synthmatch
{

/** Longest part of a region that is saved. */
constexpr double longestSavedS = 30.0;

/** A region's sound as it is saved: 16 bits below its peak, compressed. Made once for each region, because it
    takes time.
*/
struct SavedSound
{
    RegionPtr of;
    juce::MemoryBlock bytes; // empty: the region has no sound
};

SavedSound encodeSound (const RegionPtr&);

/** 1 or 2 channels; nullptr for bytes that do not fit. */
std::shared_ptr<juce::AudioBuffer<float>> decodeSound (const juce::MemoryBlock&);

/** Which samples of a region are saved: all, or 30 s from what is matched. */
juce::Range<int> savedSamples (const Region&);

} // namespace synthmatch
