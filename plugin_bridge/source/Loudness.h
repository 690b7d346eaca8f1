#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

namespace synthmatch
{

/** Integrated loudness after ITU-R BS.1770-4 in LUFS; minus infinity where nothing passes its gates.

    A sound shorter than 400 ms is one block of its own length, without gate, as in the backend
    (backend/audio/loudness.py).

    @param audio  1 or 2 channels, finite; a mono sound is measured as one channel
*/
double loudnessLufs (const juce::AudioBuffer<float>& audio, double sampleRateHz);

/** Linear gains with which a candidate is heard as loud as its target, and neither clips. */
struct LevelMatch
{
    float targetGain = 1.0f;
    float candidateGain = 1.0f;
};

/** The candidate is brought to the target; both are turned down by as much where a sample would exceed
    -0.1 dBFS. They are measured as they are played: on two sides, and over the length of the longer.
    A sound in which nothing is heard is left as it is, but for its peak.
*/
LevelMatch levelMatch (const juce::AudioBuffer<float>& target, double targetRateHz,
                       const juce::AudioBuffer<float>& candidate, double candidateRateHz);

} // namespace synthmatch
