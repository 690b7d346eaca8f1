#include "SavedSound.h"

#include "StateBytes.h"

#include <cmath>

namespace synthmatch
{

namespace
{
    constexpr float fullScale = 32767.0f;
    constexpr float quietestPeak = 1.0e-9f;
    constexpr int mostSamples = 30 * 1'000'000;
    constexpr size_t mostBytes = 4 * (size_t) mostSamples + 64;

    juce::int16 quantized (float sample, float peak)
    {
        return (juce::int16) juce::roundToInt (juce::jlimit (-1.0f, 1.0f, sample / peak) * fullScale);
    }
}

juce::Range<int> savedSamples (const Region& region)
{
    const auto all = region.audio.getNumSamples();
    const auto most = juce::jmin (mostSamples, (int) std::floor (longestSavedS * region.sampleRateHz));
    if (all <= most)
        return { 0, all };
    const auto wantedS = juce::jmax (0.0, region.startS, region.startS > 0.0 ? 0.0 : region.onsetS - 1.0);
    const auto start = juce::jmin ((int) std::floor (wantedS * region.sampleRateHz), all - most);
    return { start, start + most };
}

SavedSound encodeSound (const RegionPtr& region)
{
    if (region == nullptr || region->audio.getNumSamples() == 0)
        return { region, {} };
    const auto& audio = region->audio;
    const auto saved = savedSamples (*region);
    const auto peak = juce::jmax (quietestPeak, audio.getMagnitude (saved.getStart(), saved.getLength()));
    const auto channels = juce::jmin (2, audio.getNumChannels());
    juce::MemoryBlock planes (sizeof (juce::uint16) * (size_t) channels * (size_t) saved.getLength());
    auto* to = static_cast<juce::uint16*> (planes.getData());
    for (int channel = 0; channel < channels; ++channel)
    {
        const auto* from = audio.getReadPointer (channel);
        juce::uint16 before = 0; // differences become smaller when compressed
        for (int i = saved.getStart(); i < saved.getEnd(); ++i)
        {
            const auto value = (juce::uint16) quantized (from[i], peak);
            *to++ = juce::ByteOrder::swapIfBigEndian ((juce::uint16) (value - before));
            before = value;
        }
    }
    juce::MemoryOutputStream sound;
    sound.writeInt (channels);
    sound.writeInt (saved.getLength());
    sound.writeFloat (peak);
    writeBlock (sound, planes);
    return { region, compressed (sound.getMemoryBlock()) };
}

std::shared_ptr<juce::AudioBuffer<float>> decodeSound (const juce::MemoryBlock& block)
{
    const auto bytes = decompressed (block, mostBytes);
    StateReader reader (bytes.getData(), bytes.getSize());
    const auto channels = reader.readCount (2);
    const auto samples = reader.readCount (mostSamples);
    const auto peak = reader.readFloat();
    const auto planes = reader.readBlock();
    if (! reader.isIntact() || planes.getSize() != (size_t) channels * (size_t) samples * 2)
        return nullptr;
    auto audio = std::make_shared<juce::AudioBuffer<float>> (channels, samples);
    const auto* from = static_cast<const char*> (planes.getData());
    for (int channel = 0; channel < channels; ++channel)
    {
        juce::uint16 value = 0;
        for (int i = 0; i < samples; ++i, from += 2)
        {
            value = (juce::uint16) (value + juce::ByteOrder::littleEndianShort (from));
            audio->setSample (channel, i, (float) (juce::int16) value / fullScale * peak);
        }
    }
    return audio;
}

} // namespace synthmatch
