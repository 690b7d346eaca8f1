#include "OnsetFinder.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace synthmatch
{

namespace
{

constexpr double frameS = 0.01;
constexpr double silenceDb = -80.0;
constexpr double digitalSilenceDb = -200.0;
constexpr double onsetBelowLoudestDb = 30.0;

/** Sums of each frame of one channel, relative to its first sample: exact for a large constant offset. */
struct Sums
{
    Sums (const float* samples, int count, int frame) : origin (samples[0])
    {
        for (int start = 0; start < count; start += frame)
        {
            const auto length = std::min (frame, count - start);
            double sum = 0.0, square = 0.0;
            for (int i = start; i < start + length; ++i)
            {
                const auto value = samples[i] - origin;
                sum += value;
                square += value * value;
            }
            // The last frame is filled up with the mean of what there is.
            const auto mean = sum / length;
            sums.push_back (sum + mean * (frame - length));
            squares.push_back (square + mean * mean * (frame - length));
        }
        offset = constantOffset (frame);
    }

    double power (size_t index, int frame) const
    {
        return (squares[index] - 2.0 * offset * sums[index]) / frame + offset * offset;
    }

    const double origin;
    std::vector<double> sums, squares;
    double offset = 0.0; // relative to the origin

private:
    /** Where mean and median agree: a lopsided waveform moves the one, half a period the other. */
    double constantOffset (int frame) const
    {
        auto means = sums;
        double mean = 0.0;
        for (auto& value : means)
        {
            value = value / frame + origin;
            mean += value / (double) means.size();
        }
        const auto middle = means.begin() + (std::ptrdiff_t) (means.size() / 2);
        std::nth_element (means.begin(), middle, means.end());
        auto median = *middle;
        if (means.size() % 2 == 0)
            median = 0.5 * (median + *std::max_element (means.begin(), middle));
        const auto smaller = std::abs (mean) < std::abs (median) ? mean : median;
        return (mean * median > 0.0 ? smaller : 0.0) - origin;
    }
};

int frameSamples (double sampleRateHz) { return std::max (1, (int) std::lround (sampleRateHz * frameS)); }

/** dB RMS over all channels, frame by frame. */
std::vector<double> levelsDb (const juce::AudioBuffer<float>& audio, double sampleRateHz)
{
    const auto channels = audio.getNumChannels();
    if (channels == 0 || audio.getNumSamples() == 0)
        return {};
    const auto frame = frameSamples (sampleRateHz);
    std::vector<double> levels;
    for (int channel = 0; channel < channels; ++channel)
    {
        const Sums sums (audio.getReadPointer (channel), audio.getNumSamples(), frame);
        levels.resize (sums.sums.size());
        for (size_t i = 0; i < levels.size(); ++i)
            levels[i] += sums.power (i, frame) / channels;
    }
    for (auto& level : levels)
        level = 10.0 * std::log10 (std::max (level, std::pow (10.0, digitalSilenceDb / 10.0)));
    return levels;
}

} // namespace

double findOnset (const juce::AudioBuffer<float>& audio, double sampleRateHz)
{
    const auto levels = levelsDb (audio, sampleRateHz);
    if (levels.empty())
        return -1.0;
    const auto loudest = *std::max_element (levels.begin(), levels.end());
    if (loudest < silenceDb)
        return -1.0;
    const auto threshold = std::max (silenceDb, loudest - onsetBelowLoudestDb);
    const auto first
        = std::find_if (levels.begin(), levels.end(), [=] (double level) { return level >= threshold; });
    return (double) (first - levels.begin()) * frameSamples (sampleRateHz) / sampleRateHz;
}

double loudestLevelDb (const juce::AudioBuffer<float>& audio, double sampleRateHz)
{
    const auto levels = levelsDb (audio, sampleRateHz);
    return levels.empty() ? digitalSilenceDb : *std::max_element (levels.begin(), levels.end());
}

} // namespace synthmatch
