#include "Region.h"

#include "Finite.h"
#include "OnsetFinder.h"

namespace synthmatch
{

std::shared_ptr<Region> makeRegion (juce::AudioBuffer<float> audio, double sampleRateHz,
                                    const juce::String& name)
{
    jassert (sampleRateHz > 0.0 && audio.getNumChannels() <= 2);
    for (int channel = 0; channel < audio.getNumChannels(); ++channel)
    {
        auto* samples = audio.getWritePointer (channel);
        for (int i = 0; i < audio.getNumSamples(); ++i)
            samples[i] = finiteOrZero (samples[i]);
    }
    auto region = std::make_shared<Region>();
    region->onsetS = findOnset (audio, sampleRateHz);
    region->audio = std::move (audio);
    region->sampleRateHz = sampleRateHz;
    region->endS = region->lengthS();
    region->name = name;
    return region;
}

RegionPtr withTrim (const Region& region, double startS, double endS)
{
    auto trimmed = std::make_shared<Region>();
    trimmed->owner = region.owner != nullptr ? region.owner : region.weak_from_this().lock();
    if (trimmed->owner != nullptr)
        trimmed->audio.setDataToReferTo (const_cast<float* const*> (region.audio.getArrayOfReadPointers()),
                                         region.audio.getNumChannels(), region.audio.getNumSamples());
    else
        trimmed->audio = region.audio;
    trimmed->sampleRateHz = region.sampleRateHz;
    trimmed->onsetS = region.onsetS;
    trimmed->name = region.name;
    trimmed->file = region.file;

    const auto lengthS = region.lengthS();
    if (lengthS > 0.0)
    {
        // Written so that NaN falls on the whole sound.
        const auto sampleS = 1.0 / region.sampleRateHz;
        trimmed->startS = startS > 0.0 ? juce::jmin (startS, lengthS - sampleS) : 0.0;
        trimmed->endS = endS < lengthS ? juce::jmax (endS, trimmed->startS + sampleS) : lengthS;
    }
    return trimmed;
}

juce::AudioBuffer<float> trimmedAudio (const Region& region)
{
    const auto samples = region.audio.getNumSamples();
    const auto at = [&] (double seconds)
    { return (int) juce::jlimit (0.0, (double) samples, std::round (seconds * region.sampleRateHz)); };

    const auto start = at (region.startS);
    const auto length = juce::jmax (0, at (region.endS) - start);
    juce::AudioBuffer<float> trimmed (region.audio.getNumChannels(), length);
    for (int channel = 0; channel < trimmed.getNumChannels(); ++channel)
        trimmed.copyFrom (channel, 0, region.audio, channel, start, length);
    return trimmed;
}

} // namespace synthmatch
