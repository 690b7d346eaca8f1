#include "OnsetFinder.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

using synthmatch::findOnset;
using synthmatch::loudestLevelDb;

TEST_CASE ("The onset is where a sound begins, to 10 ms", "[onset]")
{
    const auto rateHz = GENERATE (8000.0, 44100.0, 48000.0, 192000.0);
    const auto audio
        = sounds::joined ({ sounds::silence (rateHz, 0.731), sounds::tone (rateHz, 0.5, 440.0, 0.5f) });
    CHECK (findOnset (audio, rateHz) == Approx (0.731).margin (0.011));
    CHECK (findOnset (audio, rateHz) <= 0.7311);
}

TEST_CASE ("What is more than 30 dB below the loudest does not count", "[onset]")
{
    const auto rateHz = 48000.0;
    const auto after = [&] (float amplitude)
    {
        return findOnset (sounds::joined ({ sounds::tone (rateHz, 0.5, 300.0, amplitude),
                                            sounds::tone (rateHz, 0.5, 440.0, 0.5f) }),
                          rateHz);
    };
    CHECK (after (0.01f) == Approx (0.5)); // 34 dB below
    CHECK (after (0.02f) == 0.0);          // 28 dB below
}

TEST_CASE ("A swell begins where it comes within 30 dB of its end", "[onset]")
{
    const auto rateHz = 48000.0;
    auto audio = sounds::tone (rateHz, 1.0, 440.0, 1.0f);
    for (int channel = 0; channel < 2; ++channel)
        audio.applyGainRamp (channel, 0, 48000, 0.0f, 1.0f);
    CHECK (findOnset (audio, rateHz) == Approx (0.03).margin (0.011));
}

TEST_CASE ("Silence has no onset", "[onset]")
{
    CHECK (findOnset (sounds::silence (48000.0, 1.0), 48000.0) < 0.0);
    CHECK (findOnset (sounds::silence (48000.0, 0.0), 48000.0) < 0.0);
    CHECK (findOnset (juce::AudioBuffer<float>(), 48000.0) < 0.0);
    CHECK (findOnset (sounds::tone (48000.0, 1.0, 440.0, 0.0001f), 48000.0) < 0.0);  // -83 dB
    CHECK (findOnset (sounds::tone (48000.0, 1.0, 440.0, 0.0002f), 48000.0) == 0.0); // -77 dB
    CHECK (loudestLevelDb (sounds::silence (48000.0, 1.0), 48000.0) == Approx (-200.0));
    CHECK (loudestLevelDb (sounds::tone (48000.0, 1.0, 500.0, 1.0f), 48000.0)
           == Approx (-3.01).margin (0.01));
}

TEST_CASE ("A constant offset has no onset", "[onset]")
{
    auto audio = sounds::silence (48000.0, 1.0);
    for (int channel = 0; channel < 2; ++channel)
        juce::FloatVectorOperations::fill (audio.getWritePointer (channel), 0.4f, 48000);
    CHECK (findOnset (audio, 48000.0) < 0.0);
    for (int channel = 0; channel < 2; ++channel)
        for (int i = 24000; i < 48000; ++i)
            audio.addSample (channel, i, 0.1f * std::sin (0.05f * (float) i));
    CHECK (findOnset (audio, 48000.0) == Approx (0.5).margin (0.011));
}

TEST_CASE ("A click in one side alone, in the last frame that is not whole", "[onset]")
{
    auto audio = sounds::silence (48000.0, 0.5);
    audio.setSize (2, 24100, true, true);
    audio.setSample (1, 24050, 1.0f);
    CHECK (findOnset (audio, 48000.0) == Approx (0.5));
}
