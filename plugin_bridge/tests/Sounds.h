#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

#include <cmath>
#include <cstring>
#include <vector>

/** Sounds for tests, and what is done with them. */
namespace sounds
{

using Audio = juce::AudioBuffer<float>;

inline Audio silence (double rateHz, double seconds, int channels = 2)
{
    Audio audio (channels, (int) std::lround (seconds * rateHz));
    audio.clear();
    return audio;
}

inline Audio tone (double rateHz, double seconds, double hz, float amplitude, int channels = 2)
{
    auto audio = silence (rateHz, seconds, channels);
    for (int channel = 0; channel < channels; ++channel)
        for (int i = 0; i < audio.getNumSamples(); ++i)
            audio.setSample (channel, i,
                             amplitude
                                 * (float) std::sin (juce::MathConstants<double>::twoPi * hz * i / rateHz));
    return audio;
}

/** Every sample tells its place: exact as a float below 2^24, right is left with the other sign. */
inline Audio counting (int first, int samples)
{
    Audio audio (2, samples);
    for (int i = 0; i < samples; ++i)
    {
        audio.setSample (0, i, (float) (first + i));
        audio.setSample (1, i, -(float) (first + i));
    }
    return audio;
}

/** Random bits: all kinds of floats, NaN, infinities and denormals too. */
inline Audio anyBits (int samples, int channels = 2, int seed = 1)
{
    juce::Random random (seed);
    Audio audio (channels, samples);
    for (int channel = 0; channel < channels; ++channel)
        for (int i = 0; i < samples; ++i)
        {
            const auto bits = random.nextInt();
            std::memcpy (audio.getWritePointer (channel, i), &bits, sizeof (bits));
        }
    return audio;
}

inline Audio joined (const std::vector<Audio>& parts)
{
    int samples = 0;
    for (const auto& part : parts)
        samples += part.getNumSamples();
    Audio audio (parts.front().getNumChannels(), samples);
    int at = 0;
    for (const auto& part : parts)
    {
        for (int channel = 0; channel < audio.getNumChannels(); ++channel)
            audio.copyFrom (channel, at, part, channel, 0, part.getNumSamples());
        at += part.getNumSamples();
    }
    return audio;
}

inline Audio part (const Audio& audio, int start, int samples)
{
    Audio found (audio.getNumChannels(), samples);
    for (int channel = 0; channel < found.getNumChannels(); ++channel)
        found.copyFrom (channel, 0, audio, channel, start, samples);
    return found;
}

inline bool sameBits (const Audio& one, const Audio& other)
{
    if (one.getNumChannels() != other.getNumChannels() || one.getNumSamples() != other.getNumSamples())
        return false;
    for (int channel = 0; channel < one.getNumChannels(); ++channel)
        if (std::memcmp (one.getReadPointer (channel), other.getReadPointer (channel),
                         (size_t) one.getNumSamples() * sizeof (float))
            != 0)
            return false;
    return true;
}

/** What comes out of `process`, called block by block. */
template <typename Process>
Audio inBlocks (const Audio& input, int blockSamples, Process process)
{
    auto output = input;
    for (int at = 0; at < input.getNumSamples(); at += blockSamples)
    {
        Audio block (output.getArrayOfWritePointers(), output.getNumChannels(), at,
                     juce::jmin (blockSamples, input.getNumSamples() - at));
        process (block);
    }
    return output;
}

} // namespace sounds
