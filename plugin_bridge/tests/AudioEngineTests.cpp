#include "EngineBlocks.h"

#include <catch2/catch.hpp>

#include <limits>

using sounds::Audio;
using synthmatch::AudioEngine;
using synthmatch::CaptureState;

TEST_CASE ("The track passes bit for bit at every block size and rate", "[engine]")
{
    AudioEngine engine;
    const auto track = sounds::anyBits (8192);
    SECTION ("stereo and mono, all sizes")
    {
        const auto rateHz = GENERATE (44100.0, 48000.0, 96000.0, 192000.0);
        engine.prepare (rateHz, 8192);
        int changed = 0;
        Audio block (2, 8192);
        for (int size = 1; size <= 8192; size += rateHz == 48000.0 ? 1 : 61)
        {
            const auto channels = size % 5 == 0 ? 1 : 2;
            for (int channel = 0; channel < channels; ++channel)
                block.copyFrom (channel, 0, track, channel, 0, size);
            Audio view (block.getArrayOfWritePointers(), channels, size);
            engine.process (view, true, size % 3 == 0);
            for (int channel = 0; channel < channels; ++channel)
                changed += std::memcmp (view.getReadPointer (channel), track.getReadPointer (channel),
                                        (size_t) size * sizeof (float))
                                   == 0
                               ? 0
                               : 1;
        }
        CHECK (changed == 0);
    }
    SECTION ("before prepare, and of more channels than two")
    {
        CHECK (sounds::sameBits (through (engine, track), track));
        CHECK (engine.heardSamples() == 0);
        engine.prepare (48000.0, 512);
        const auto six = sounds::anyBits (3000, 6);
        CHECK (sounds::sameBits (through (engine, six), six));
        CHECK (engine.heardSamples() == 3000);
    }
    SECTION ("while it records, and after an audition")
    {
        engine.prepare (48000.0, 512);
        engine.startRecording();
        CHECK (sounds::sameBits (through (engine, track), track));
        engine.play (shared (sounds::tone (48000.0, 0.01, 440.0, 0.5f)), 48000.0, 1.0f);
        CHECK_FALSE (sounds::sameBits (through (engine, track), track));
        CHECK_FALSE (engine.isPlaying());
        CHECK (sounds::sameBits (through (engine, track), track));
    }
}

TEST_CASE ("Blocks without samples or channels change nothing", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 0);
    Audio none (2, 0), noChannels (0, 64);
    engine.armTransport();
    engine.process (none, true, false);
    engine.process (noChannels, true, false);
    CHECK (engine.heardSamples() == 0);
    CHECK (engine.copyLast (1.0) == nullptr);
    engine.process (none, true, true); // the transport counts all the same
    CHECK (engine.captureState() == CaptureState::recording);
}

TEST_CASE ("The last seconds are there at any time", "[engine]")
{
    AudioEngine engine;
    std::vector<float> peaks;
    CHECK (engine.copyLast (1.0) == nullptr);
    engine.readPeaks (peaks, 1.0);
    CHECK (peaks == std::vector<float> (200, 0.0f));

    engine.prepare (48000.0, 512);
    CHECK (engine.sampleRateHz() == 48000.0);
    CHECK (engine.copyLast (1.0) == nullptr);
    through (engine, sounds::counting (0, 30000), GENERATE (1, 64, 511, 30000));

    const auto region = engine.copyLast (0.5, "Bass");
    REQUIRE (region != nullptr);
    CHECK (sounds::sameBits (region->audio, sounds::counting (6000, 24000)));
    CHECK (region->name == "Bass");
    CHECK (region->sampleRateHz == 48000.0);
    CHECK (region->startS == 0.0);
    CHECK (region->endS == 0.5);
    CHECK (engine.copyLast (100.0)->audio.getNumSamples() == 30000);
    CHECK (engine.copyLast (0.0) == nullptr);
    CHECK (engine.copyLast (-1.0) == nullptr);
    engine.readPeaks (peaks, 0.01);
    CHECK (peaks == std::vector<float> { 29759.0f, 29999.0f });
}

TEST_CASE ("A mono track gives mono regions", "[engine]")
{
    AudioEngine engine;
    engine.prepare (44100.0, 512);
    const auto track = sounds::tone (44100.0, 0.2, 300.0, 0.5f, 1);
    through (engine, track);
    CHECK (sounds::sameBits (engine.copyLast (0.2)->audio, track));
}

TEST_CASE ("Broken samples are heard as 0 and found nowhere later", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 512);
    const auto track = sounds::anyBits (10000);
    through (engine, track);
    const auto region = engine.copyLast (1.0);
    int broken = 0, changed = 0;
    for (int i = 0; i < 10000; ++i)
    {
        broken += std::isfinite (track.getSample (0, i)) ? 0 : 1;
        const auto expected = std::isfinite (track.getSample (0, i)) ? track.getSample (0, i) : 0.0f;
        changed += region->audio.getSample (0, i) == expected ? 0 : 1;
    }
    CHECK (broken > 0);
    CHECK (changed == 0);
}

TEST_CASE ("A rate that is none is not taken over", "[engine]")
{
    AudioEngine engine;
    engine.prepare (0.0, 512);
    engine.prepare (-1.0, 512);
    engine.prepare (std::numeric_limits<double>::quiet_NaN(), 512);
    CHECK (engine.sampleRateHz() == 0.0);
    through (engine, sounds::counting (0, 100));
}
