#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

namespace synthmatch
{

/** The whole sound at another sample rate, in time with the original and without aliases; allocates.

    @param audio  any number of channels
*/
juce::AudioBuffer<float> resampled (const juce::AudioBuffer<float>& audio, double fromHz, double toHz);

} // namespace synthmatch
