#include "Resampler.h"

#include <cmath>
#include <vector>

namespace synthmatch
{

namespace
{

constexpr int crossings = 48;      // of the sinc, on either side
constexpr double passShare = 0.93; // of the lower rate's band; what follows is the filter's slope
constexpr double kaiserBeta = 9.0; // 90 dB down
constexpr int phases = 512;        // between which weights are interpolated
constexpr int lanes = 8;           // summed beside each other, as processors do

/** Modified Bessel function of the first kind, order 0. */
double bessel (double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1.0e-12 * sum; ++k)
    {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

/** A windowed sinc, read off at any place between samples. */
class Weights
{
public:
    /** @param band  how much of the input's band passes, 0..1 */
    explicit Weights (double band)
        : half ((int) std::ceil (crossings / band)),
          taps ((2 * half + lanes - 1) / lanes * lanes),
          rows ((size_t) ((phases + 1) * taps), 0.0f)
    {
        for (int phase = 0; phase <= phases; ++phase)
        {
            auto* row = rows.data() + phase * taps;
            double sum = 0.0;
            std::vector<double> exact ((size_t) (2 * half));
            for (int tap = 0; tap < 2 * half; ++tap)
                sum += exact[(size_t) tap] = at (tap - half + 1 - (double) phase / phases, band * passShare);
            for (int tap = 0; tap < 2 * half; ++tap)
                row[tap] = (float) (exact[(size_t) tap] / sum); // a constant stays what it is
        }
    }

    /** The sum over the samples from the first tap on, at a fraction of a sample after the middle. */
    float apply (const float* samples, double fraction) const
    {
        const auto place = fraction * phases;
        const auto phase = juce::jmin ((int) place, phases - 1);
        const auto between = (float) (place - phase);
        const auto *row = rows.data() + phase * taps, *next = row + taps;
        float sums[lanes] {};
        for (int tap = 0; tap < taps; tap += lanes)
            for (int lane = 0; lane < lanes; ++lane)
                sums[lane] += samples[tap + lane]
                              * (row[tap + lane] + between * (next[tap + lane] - row[tap + lane]));
        float sum = 0.0f;
        for (auto lane : sums)
            sum += lane;
        return sum;
    }

    const int half, taps;

private:
    double at (double distance, double band) const
    {
        const auto inWindow = 1.0 - (distance / half) * (distance / half);
        if (inWindow <= 0.0)
            return 0.0;
        const auto angle = juce::MathConstants<double>::pi * band * distance;
        const auto sinc = std::abs (angle) < 1.0e-9 ? 1.0 : std::sin (angle) / angle;
        return sinc * bessel (kaiserBeta * std::sqrt (inWindow));
    }

    std::vector<float> rows; // (phases + 1, taps)
};

} // namespace

juce::AudioBuffer<float> resampled (const juce::AudioBuffer<float>& audio, double fromHz, double toHz)
{
    const auto step = fromHz / toHz;
    const auto samples = (int) std::ceil (audio.getNumSamples() / step);
    const Weights weights (juce::jmin (1.0, toHz / fromHz));

    juce::AudioBuffer<float> result (audio.getNumChannels(), samples);
    for (int channel = 0; channel < audio.getNumChannels(); ++channel)
    {
        const auto* source = audio.getReadPointer (channel);
        std::vector<float> padded ((size_t) (audio.getNumSamples() + 2 * weights.taps), 0.0f);
        std::copy (source, source + audio.getNumSamples(), padded.begin() + weights.half - 1);
        auto* out = result.getWritePointer (channel);
        for (int i = 0; i < samples; ++i)
        {
            const auto place = i * step;
            const auto whole = std::floor (place);
            out[i] = weights.apply (padded.data() + (size_t) whole, place - whole);
        }
    }
    return result;
}

} // namespace synthmatch
