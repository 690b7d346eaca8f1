#pragma once

#include <juce_audio_basics/juce_audio_basics.h>
#include <juce_graphics/juce_graphics.h>

namespace synthmatch
{

/** The largest magnitude of each of `count` stretches of a sound, over all of its channels. */
std::vector<float> peaksOf (const juce::AudioBuffer<float>&, int count);

/** The picture of a sound from its peaks: mirrored at the middle, faint sounds raised so that they are seen.
 */
juce::Path outlineOf (const std::vector<float>& peaks, juce::Rectangle<float> area);

} // namespace synthmatch
