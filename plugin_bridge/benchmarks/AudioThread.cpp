// What the plugin costs the host: its audio thread, and opening it.
//
//   cmake --build build/plugin --target synthmatch_bench && build/plugin/synthmatch_bench
//
// The audio thread's cost is the mean over 10 s of audio in blocks, as a share of the time that the audio
// takes; of several repetitions the median, and the dearest single block.
#include "AudioEngine.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace
{

using Audio = juce::AudioBuffer<float>;
using Clock = std::chrono::steady_clock;

double microseconds (Clock::duration duration)
{
    return std::chrono::duration<double, std::micro> (duration).count();
}

double median (std::vector<double> values)
{
    std::sort (values.begin(), values.end());
    return values[values.size() / 2];
}

enum class Load
{
    listening,
    recording,
    auditioning
};

struct Case
{
    const char* name;
    Load load;
    double rateHz;
    int blockSamples;
};

void measure (const Case& which)
{
    synthmatch::AudioEngine engine;
    engine.prepare (which.rateHz, which.blockSamples);
    juce::Random random (1);
    Audio noise (2, which.blockSamples);
    for (int channel = 0; channel < 2; ++channel)
        for (int i = 0; i < which.blockSamples; ++i)
            noise.setSample (channel, i, random.nextFloat() - 0.5f);
    auto block = noise;
    const auto sound = std::make_shared<const Audio> (2, (int) (60.0 * which.rateHz));

    const auto blocks = (int) (10.0 * which.rateHz / which.blockSamples);
    const auto blockUs = 1.0e6 * which.blockSamples / which.rateHz;
    std::vector<double> means, dearest;
    for (int repetition = 0; repetition < 9; ++repetition)
    {
        engine.startRecording();
        if (which.load != Load::recording)
            engine.stopRecording();
        if (which.load == Load::auditioning)
            engine.play (sound, which.rateHz, 0.5f);
        double most = 0.0;
        const auto start = Clock::now();
        auto last = start;
        for (int i = 0; i < blocks; ++i)
        {
            engine.process (block, true, true);
            const auto now = Clock::now();
            most = std::max (most, microseconds (now - last));
            last = now;
        }
        means.push_back (microseconds (last - start) / blocks);
        dearest.push_back (most);
        engine.stopRecording();
        engine.takeRecording();
    }
    const auto mean = median (means);
    std::printf (
        "%-12s %8.0f Hz %6d samples %10.3f us of %9.1f us = %7.4f %% of a core, dearest block %8.1f us\n",
        which.name, which.rateHz, which.blockSamples, mean, blockUs, 100.0 * mean / blockUs,
        median (dearest));
}

void measureOpening (double rateHz)
{
    // They stay alive, as in a project: each gets memory that the process did not have before.
    std::vector<std::unique_ptr<synthmatch::AudioEngine>> engines;
    std::vector<double> times;
    for (int repetition = 0; repetition < 9; ++repetition)
    {
        const auto start = Clock::now();
        engines.push_back (std::make_unique<synthmatch::AudioEngine>());
        engines.back()->prepare (rateHz, 512);
        times.push_back (microseconds (Clock::now() - start) / 1000.0);
    }
    std::printf ("construct and prepare at %6.0f Hz: %6.1f ms\n", rateHz, median (times));
}

} // namespace

int main()
{
    for (const auto& each : { Case { "listening", Load::listening, 48000.0, 64 },
                              Case { "listening", Load::listening, 48000.0, 512 },
                              Case { "listening", Load::listening, 192000.0, 64 },
                              Case { "recording", Load::recording, 48000.0, 64 },
                              Case { "auditioning", Load::auditioning, 48000.0, 64 } })
        measure (each);
    for (auto rateHz : { 44100.0, 48000.0, 192000.0 })
        measureOpening (rateHz);
}
