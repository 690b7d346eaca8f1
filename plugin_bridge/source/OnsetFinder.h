#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

namespace synthmatch
{

/** Where a sound begins, in seconds from its first sample; below 0 for silence.

    The first 10 ms whose level is within 30 dB of the loudest 10 ms, blind to a constant offset; nothing
    above -80 dB is silence. The backend finds the onset in the same way (backend/audio/onset.py).

    @param audio  any number of channels, finite
*/
double findOnset (const juce::AudioBuffer<float>& audio, double sampleRateHz);

/** The level of the loudest 10 ms, dB RMS over all channels, without constant offset; -200 for zeros. */
double loudestLevelDb (const juce::AudioBuffer<float>& audio, double sampleRateHz);

} // namespace synthmatch
