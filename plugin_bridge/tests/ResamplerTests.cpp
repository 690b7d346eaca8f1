#include "Resampler.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

namespace
{

/** A tone fitted into the middle of a sound: amplitude, how many samples late, and what is left, in dB. */
struct Fit
{
    double amplitude, late, restDb;
};

Fit fitted (const sounds::Audio& audio, double rateHz, double hz)
{
    const auto samples = audio.getNumSamples();
    const auto from = samples / 4, to = 3 * samples / 4;
    const auto step = juce::MathConstants<double>::twoPi * hz / rateHz;
    double sine = 0.0, cosine = 0.0;
    for (int i = from; i < to; ++i)
    {
        sine += 2.0 * audio.getSample (0, i) * std::sin (step * i) / (to - from);
        cosine += 2.0 * audio.getSample (0, i) * std::cos (step * i) / (to - from);
    }
    double rest = 0.0, whole = 0.0;
    for (int i = from; i < to; ++i)
    {
        const auto value = sine * std::sin (step * i) + cosine * std::cos (step * i);
        rest += std::pow (audio.getSample (0, i) - value, 2.0);
        whole += value * value;
    }
    return { std::hypot (sine, cosine), std::atan2 (-cosine, sine) / step, 10.0 * std::log10 (rest / whole) };
}

} // namespace

TEST_CASE ("A resampled tone is the tone, in time", "[resampler]")
{
    const auto [fromHz, toHz] = GENERATE (std::pair { 44100.0, 48000.0 }, std::pair { 48000.0, 44100.0 },
                                          std::pair { 44100.0, 192000.0 }, std::pair { 96000.0, 44100.0 },
                                          std::pair { 8000.0, 48000.0 });
    CAPTURE (fromHz, toHz);
    const auto found = synthmatch::resampled (sounds::tone (fromHz, 1.0, 1000.0, 0.5f), fromHz, toHz);
    CHECK (found.getNumChannels() == 2);
    CHECK (found.getNumSamples() == (int) toHz);
    const auto fit = fitted (found, toHz, 1000.0);
    CHECK (fit.amplitude == Approx (0.5).epsilon (0.001));
    CHECK (std::abs (fit.late) < 0.001);
    CHECK (fit.restDb < -85.0);
}

TEST_CASE ("Treble passes", "[resampler]")
{
    const auto found = synthmatch::resampled (sounds::tone (44100.0, 1.0, 18000.0, 0.5f), 44100.0, 48000.0);
    const auto fit = fitted (found, 48000.0, 18000.0);
    CHECK (fit.amplitude == Approx (0.5).epsilon (0.02));
    CHECK (fit.restDb < -75.0);
}

TEST_CASE ("What the lower rate cannot hold does not come back as another tone", "[resampler]")
{
    const auto found = synthmatch::resampled (sounds::tone (96000.0, 1.0, 30000.0, 0.5f), 96000.0, 44100.0);
    CHECK (found.getMagnitude (0, 10000, 20000) < 0.00005f);
}

TEST_CASE ("Nothing resampled is nothing", "[resampler]")
{
    CHECK (synthmatch::resampled (sounds::silence (44100.0, 0.0), 44100.0, 48000.0).getNumSamples() == 0);
}
