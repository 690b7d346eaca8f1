#include "Loudness.h"

#include <cmath>
#include <limits>
#include <vector>

namespace synthmatch
{

namespace
{

constexpr double hopS = 0.1;
constexpr int hopsInBlock = 4;
constexpr double offsetDb = -0.691;
constexpr double absoluteGateLufs = -70.0;
constexpr double relativeGate = 0.1; // -10 LU
constexpr double peakLimitDb = -0.1;
constexpr double silent = -std::numeric_limits<double>::infinity();

struct Biquad
{
    double b0, b1, b2, a1, a2;
    double z1 = 0.0, z2 = 0.0;

    double next (double x)
    {
        const auto y = b0 * x + z1;
        z1 = b1 * x - a1 * y + z2;
        z2 = b2 * x - a2 * y;
        return y;
    }
};

/** The two stages of K-weighting at any rate: the analogue filters behind the tables of BS.1770-4, which are
    theirs at 48 kHz. First the head as a rigid sphere (a high shelf), then a high-pass.
*/
std::pair<Biquad, Biquad> kWeighting (double rateHz)
{
    const auto warped = [=] (double frequencyHz)
    { return std::tan (juce::MathConstants<double>::pi * std::min (frequencyHz, 0.49 * rateHz) / rateHz); };

    const auto shelfGain = std::pow (10.0, 3.999843853973347 / 20.0);
    const auto bandGain = std::pow (shelfGain, 0.4996667741545416);
    const auto shelf = warped (1681.974450955533), shelfQ = 0.7071752369554196;
    const auto a0 = 1.0 + shelf / shelfQ + shelf * shelf;
    const Biquad head { (shelfGain + bandGain * shelf / shelfQ + shelf * shelf) / a0,
                        2.0 * (shelf * shelf - shelfGain) / a0,
                        (shelfGain - bandGain * shelf / shelfQ + shelf * shelf) / a0,
                        2.0 * (shelf * shelf - 1.0) / a0, (1.0 - shelf / shelfQ + shelf * shelf) / a0 };

    const auto pass = warped (38.13547087602444), passQ = 0.5003270373238773;
    const auto c0 = 1.0 + pass / passQ + pass * pass;
    const Biquad highPass { 1.0, -2.0, 1.0, 2.0 * (pass * pass - 1.0) / c0,
                            (1.0 - pass / passQ + pass * pass) / c0 };
    return { head, highPass };
}

double lufs (double power) { return power > 0.0 ? offsetDb + 10.0 * std::log10 (power) : silent; }

/** Loudness over a length that may be longer than the sound, heard on so many sides. */
double loudness (const juce::AudioBuffer<float>& audio, double rateHz, double lengthS, int sides)
{
    const auto channels = audio.getNumChannels();
    const auto samples = std::max (audio.getNumSamples(), (int) std::lround (lengthS * rateHz));
    const auto hop = std::max (1, (int) std::lround (hopS * rateHz));
    if (channels == 0 || samples == 0)
        return silent;

    std::vector<double> energies ((size_t) (samples / hop + 1), 0.0); // of each hop, the last may be cut
    for (int channel = 0; channel < channels; ++channel)
    {
        auto [head, highPass] = kWeighting (rateHz);
        for (int i = 0; i < samples; ++i)
        {
            const auto sample = i < audio.getNumSamples() ? (double) audio.getSample (channel, i) : 0.0;
            const auto weighted = highPass.next (head.next (sample));
            energies[(size_t) (i / hop)] += weighted * weighted * sides / channels;
        }
    }
    double total = 0.0;
    for (auto energy : energies)
        total += energy;
    if (samples < hop * hopsInBlock)
        return lufs (total / samples);

    const auto meanAbove = [&] (double gate)
    {
        double sum = 0.0;
        int count = 0;
        for (size_t first = 0; (int) (first + hopsInBlock) * hop <= samples; ++first)
        {
            double power = 0.0;
            for (size_t i = first; i < first + hopsInBlock; ++i)
                power += energies[i] / (hop * hopsInBlock);
            if (power > gate)
            {
                sum += power;
                ++count;
            }
        }
        return count > 0 ? sum / count : 0.0;
    };
    const auto absoluteGate = std::pow (10.0, (absoluteGateLufs - offsetDb) / 10.0);
    return lufs (meanAbove (std::max (absoluteGate, relativeGate * meanAbove (absoluteGate))));
}

double peakDb (const juce::AudioBuffer<float>& audio)
{
    const auto peak = audio.getMagnitude (0, audio.getNumSamples());
    return peak > 0.0f ? 20.0 * std::log10 ((double) peak) : silent;
}

float gain (double db) { return (float) std::pow (10.0, db / 20.0); }

} // namespace

double loudnessLufs (const juce::AudioBuffer<float>& audio, double sampleRateHz)
{
    return loudness (audio, sampleRateHz, 0.0, audio.getNumChannels());
}

LevelMatch levelMatch (const juce::AudioBuffer<float>& target, double targetRateHz,
                       const juce::AudioBuffer<float>& candidate, double candidateRateHz)
{
    const auto lengthS = std::max ({ target.getNumSamples() / targetRateHz,
                                     candidate.getNumSamples() / candidateRateHz, hopS * hopsInBlock });
    const auto wanted = loudness (target, targetRateHz, lengthS, 2);
    const auto found = loudness (candidate, candidateRateHz, lengthS, 2);
    const auto changeDb = std::isfinite (wanted) && std::isfinite (found) ? wanted - found : 0.0;
    const auto loudestDb = std::max (peakDb (target), peakDb (candidate) + changeDb);
    const auto overDb = std::max (0.0, loudestDb - peakLimitDb);
    return { gain (-overDb), gain (changeDb - overDb) };
}

} // namespace synthmatch
