#include "EngineBlocks.h"

#include <catch2/catch.hpp>

using synthmatch::AudioEngine;
using synthmatch::CaptureState;

TEST_CASE ("A recording has exactly what was played from start to stop of the transport", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 512);
    CHECK_FALSE (engine.transportKnown());
    const auto blockSamples = GENERATE (1, 100, 512, 8192);
    engine.armTransport();
    CHECK (engine.captureState() == CaptureState::armedTransport);
    through (engine, sounds::counting (0, 1000), blockSamples);
    CHECK (engine.transportKnown());
    through (engine, sounds::counting (1000, 20000), blockSamples, Transport::playing);
    CHECK (engine.captureState() == CaptureState::recording);
    CHECK (engine.recordedS() == Approx (20000 / 48000.0));
    through (engine, sounds::counting (21000, 3000), blockSamples);
    CHECK (engine.captureState() == CaptureState::captured);
    CHECK (engine.recordedS() == Approx (20000 / 48000.0));
    const auto region = engine.takeRecording ("Lead");
    REQUIRE (region != nullptr);
    CHECK (region->name == "Lead");
    CHECK (sounds::sameBits (region->audio, sounds::counting (1000, 20000)));
    CHECK (engine.captureState() == CaptureState::listening);
    CHECK (engine.takeRecording() == nullptr);
    through (engine, sounds::counting (0, 100), blockSamples, Transport::unknown);
    CHECK_FALSE (engine.transportKnown());
}

TEST_CASE ("A recording begins with the first sound, whatever the blocks", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 512);
    const auto blockSamples = GENERATE (1, 64, 1000, 8192);
    const auto track
        = sounds::joined ({ sounds::silence (48000.0, 1.0), sounds::tone (48000.0, 0.5, 220.0, 0.3f),
                            sounds::silence (48000.0, 1.0) });
    engine.armSound();
    through (engine, track, blockSamples);
    const auto region = engine.takeRecording();
    REQUIRE (region != nullptr);
    // 100 ms before the stretch of 5 ms with the first sound, 100 ms after the last.
    CHECK (region->audio.getNumSamples() == 24000 + 4800 + 4800);
    CHECK (sounds::sameBits (region->audio, sounds::part (track, 48000 - 4800, 33600)));
    CHECK (region->onsetS == Approx (0.1));
}

TEST_CASE ("A constant offset begins no recording", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 512);
    auto track = sounds::silence (48000.0, 1.0);
    juce::FloatVectorOperations::fill (track.getWritePointer (0), 0.3f, track.getNumSamples());
    through (engine, track);
    engine.armSound();
    through (engine, track);
    CHECK (engine.captureState() == CaptureState::armedSound);
}

TEST_CASE ("A recording of 30 s ends by itself and can still be taken", "[engine]")
{
    AudioEngine engine;
    engine.prepare (8000.0, 512);
    through (engine, sounds::counting (0, 1000));
    engine.startRecording();
    through (engine, sounds::counting (1000, 240000 + 39000));
    CHECK (engine.captureState() == CaptureState::captured);
    const auto region = engine.takeRecording();
    REQUIRE (region != nullptr);
    CHECK (sounds::sameBits (region->audio, sounds::counting (1000, 240000)));

    SECTION ("taken late, its beginning is missing")
    {
        engine.startRecording();
        through (engine, sounds::counting (0, 240000 + 50000));
        const auto late = engine.takeRecording();
        REQUIRE (late != nullptr);
        CHECK (sounds::sameBits (late->audio, sounds::counting (10000, 230000)));
    }
    SECTION ("taken much too late, it is gone, and nothing is stuck")
    {
        engine.startRecording();
        through (engine, sounds::counting (0, 600000));
        CHECK (engine.takeRecording() == nullptr);
        CHECK (engine.captureState() == CaptureState::listening);
    }
}

TEST_CASE ("Another sample rate ends a recording and keeps it", "[engine]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 512);
    through (engine, sounds::counting (0, 5000));
    engine.startRecording();
    through (engine, sounds::counting (5000, 4000));
    engine.play (shared (sounds::tone (48000.0, 1.0, 440.0, 0.5f)), 48000.0, 1.0f);

    SECTION ("the same rate changes nothing")
    {
        engine.prepare (48000.0, 1024);
        CHECK (engine.captureState() == CaptureState::recording);
        CHECK (engine.isPlaying());
        through (engine, sounds::counting (9000, 1000));
        engine.stopRecording();
        CHECK (sounds::sameBits (engine.takeRecording()->audio, sounds::counting (5000, 5000)));
        CHECK (engine.copyLast (30.0)->audio.getNumSamples() == 10000);
    }
    SECTION ("another rate")
    {
        engine.prepare (96000.0, 512);
        CHECK (engine.sampleRateHz() == 96000.0);
        CHECK (engine.captureState() == CaptureState::captured);
        CHECK (engine.recordedS() == Approx (4000 / 48000.0));
        CHECK (engine.copyLast (1.0) == nullptr);
        CHECK_FALSE (engine.isPlaying());
        CHECK (engine.heardSamples() == 9000);

        SECTION ("it is there")
        {
            through (engine, sounds::counting (0, 700));
            CHECK (engine.heardSamples() == 9700);
        }
        SECTION ("also when the next was begun and ended before it is taken")
        {
            engine.startRecording();
            CHECK (engine.captureState() == CaptureState::recording);
            through (engine, sounds::counting (100, 700));
            engine.stopRecording();
        }
        const auto region = engine.takeRecording ("Pad");
        REQUIRE (region != nullptr);
        CHECK (region->name == "Pad");
        CHECK (region->sampleRateHz == 48000.0);
        CHECK (sounds::sameBits (region->audio, sounds::counting (5000, 4000)));
        if (const auto next = engine.takeRecording())
        {
            CHECK (next->sampleRateHz == 96000.0);
            CHECK (sounds::sameBits (next->audio, sounds::counting (100, 700)));
        }
        CHECK (engine.captureState() == CaptureState::listening);
    }
    SECTION ("what waits goes on waiting")
    {
        engine.stopRecording();
        engine.takeRecording();
        engine.armSound();
        engine.prepare (44100.0, 512);
        engine.prepare (44100.0, 512);
        CHECK (engine.captureState() == CaptureState::armedSound);
        through (engine, sounds::tone (44100.0, 1.0, 440.0, 0.5f));
        CHECK (engine.captureState() == CaptureState::recording);
    }
}

TEST_CASE ("Stop works while the host does not process", "[engine]")
{
    AudioEngine engine;
    engine.startRecording();
    engine.stopRecording();
    CHECK (engine.captureState() == CaptureState::listening);
    engine.prepare (48000.0, 512);
    engine.startRecording();
    CHECK (engine.takeRecording() == nullptr);
    engine.stopRecording();
    CHECK (engine.captureState() == CaptureState::listening);

    engine.armTransport();
    through (engine, sounds::counting (0, 512), 512, Transport::playing);
    engine.suspend();
    CHECK (engine.captureState() == CaptureState::captured);
    CHECK (engine.takeRecording()->audio.getNumSamples() == 512);
}
