#pragma once

#include "SavedSound.h"
#include "SessionView.h"

#include <optional>

namespace synthmatch
{

/** What of a session is saved with the project. */
struct SavedState
{
    RegionPtr region;
    std::vector<CandidateView> candidates;
    int job = 0;
    int seed = 0;
    int selected = -1;
    juce::String remark;
    int chosenPort = 0;
    Locks locks {};
    float budgetS = 10.0f;
    double lookBackS = usualLookBackS;
    juce::String address;
};

/** Presets of candidates are saved as long as all of them together are not larger. */
constexpr size_t mostPresetBytes = 3 * 1024 * 1024;

/** @param sound  made of the state's region */
juce::MemoryBlock encodeState (const SavedState&, const SavedSound& sound);

/** What came out of a chunk: a state, or why there is none. */
struct DecodedState
{
    std::optional<SavedState> state;
    Problem problem;
    bool isNewer = false; // a later version saved it: it is worth keeping as it is
};

/** Any bytes may be given. What is truncated, damaged or of a later version is refused as a whole. */
DecodedState decodeState (const void* data, size_t size);

} // namespace synthmatch
