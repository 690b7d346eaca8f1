#include "Resampler.h"

#include <cmath>
#include <vector>

namespace synthmatch
{

namespace
{

/** The whole sound without what is above the lower of the two rates' bands: Butterworth, 8th order. */
void removeAliases (std::vector<float>& samples, double fromHz, double toHz)
{
    if (toHz >= fromHz)
        return;
    for (auto q : { 0.5098, 0.6013, 0.9, 2.5629 })
    {
        juce::IIRFilter filter;
        filter.setCoefficients (juce::IIRCoefficients::makeLowPass (fromHz, 0.45 * toHz, q));
        filter.processSamples (samples.data(), (int) samples.size());
    }
}

} // namespace

juce::AudioBuffer<float> resampled (const juce::AudioBuffer<float>& audio, double fromHz, double toHz)
{
    using Interpolator = juce::WindowedSincInterpolator;
    const auto ratio = fromHz / toHz;
    const auto samples = (int) std::ceil (audio.getNumSamples() / ratio);
    const auto late = (int) std::lround (Interpolator::getBaseLatency() / ratio);

    juce::AudioBuffer<float> result (audio.getNumChannels(), samples);
    std::vector<float> in, out ((size_t) (samples + late));
    for (int channel = 0; channel < audio.getNumChannels(); ++channel)
    {
        const auto* source = audio.getReadPointer (channel);
        in.assign (source, source + audio.getNumSamples());
        removeAliases (in, fromHz, toHz);
        in.resize ((size_t) std::ceil ((samples + late) * ratio) + 2);
        Interpolator interpolator;
        interpolator.process (ratio, in.data(), out.data(), samples + late);
        result.copyFrom (channel, 0, out.data() + late, samples);
    }
    return result;
}

} // namespace synthmatch
