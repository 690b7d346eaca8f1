#include "Recorder.h"

#include <catch2/catch.hpp>

using synthmatch::CaptureState;
using synthmatch::Recorder;

namespace
{

/** A recorder that hears stretches of 10 samples at 1 kHz: a sample is a millisecond. */
struct Heard
{
    Heard() { recorder.setRate (1000.0); }

    void hear (int milliseconds, float level)
    {
        for (int i = 0; i < milliseconds; i += 10)
        {
            place += 10;
            recorder.heard (place);
            recorder.stretchEnded (10, level);
        }
    }

    void transport (bool playing) { recorder.transportIs (true, playing); }

    Recorder recorder;
    juce::int64 place = 0;
};

void checkTaken (Recorder& recorder, juce::int64 start, juce::int64 end)
{
    CHECK (recorder.state() == CaptureState::captured);
    CHECK (recorder.recordedSamples() == end - start);
    const auto taken = recorder.take();
    REQUIRE (taken.has_value());
    CHECK (taken->start == start);
    CHECK (taken->end == end);
    CHECK_FALSE (recorder.take().has_value());
    CHECK (recorder.state() == CaptureState::listening);
    CHECK (recorder.recordedSamples() == 0);
}

} // namespace

TEST_CASE ("A recording by hand begins and ends where it is told", "[recorder]")
{
    Heard heard;
    heard.hear (500, 0.1f);
    CHECK (heard.recorder.state() == CaptureState::listening);
    heard.recorder.start();
    CHECK (heard.recorder.state() == CaptureState::recording);
    heard.hear (300, 0.0f);
    CHECK (heard.recorder.recordedSamples() == 300);
    heard.recorder.start(); // no effect: it records
    heard.recorder.armSound();
    heard.recorder.armTransport();
    heard.recorder.disarm();
    heard.hear (200, 0.0f);
    heard.recorder.stop();
    heard.hear (50, 0.0f);
    checkTaken (heard.recorder, 500, 1000);
}

TEST_CASE ("A recording in which nothing was heard is none", "[recorder]")
{
    Heard heard;
    heard.recorder.start();
    heard.recorder.stop();
    CHECK (heard.recorder.state() == CaptureState::listening);
    CHECK_FALSE (heard.recorder.take().has_value());
    heard.recorder.stop();
    CHECK (heard.recorder.state() == CaptureState::listening);
}

TEST_CASE ("A recording ends by itself after 30 s", "[recorder]")
{
    Heard heard;
    heard.hear (100, 0.0f);
    heard.recorder.start();
    heard.hear (40000, 0.5f);
    checkTaken (heard.recorder, 100, 30100);
}

TEST_CASE ("A recording follows the transport", "[recorder]")
{
    Heard heard;
    heard.transport (false);
    heard.recorder.armTransport();
    CHECK (heard.recorder.state() == CaptureState::armedTransport);
    heard.hear (100, 0.5f);
    CHECK (heard.recorder.state() == CaptureState::armedTransport);

    heard.transport (true);
    heard.hear (70, 0.0f);
    CHECK (heard.recorder.state() == CaptureState::recording);
    SECTION ("until it stops")
    {
        heard.transport (false);
        checkTaken (heard.recorder, 100, 170);
    }
    SECTION ("until it is stopped by hand")
    {
        heard.recorder.stop();
        heard.hear (10, 0.0f);
        checkTaken (heard.recorder, 100, 170);
    }
    SECTION ("until the host stops processing")
    {
        heard.recorder.suspend();
        checkTaken (heard.recorder, 100, 170);
    }
    SECTION ("until it is no longer known")
    {
        heard.recorder.transportIs (false, true);
        checkTaken (heard.recorder, 100, 170);
    }
}

TEST_CASE ("A transport that plays already is waited for to start anew", "[recorder]")
{
    Heard heard;
    heard.transport (true);
    heard.hear (50, 0.1f);
    heard.recorder.armTransport();
    heard.transport (true);
    heard.hear (50, 0.1f);
    CHECK (heard.recorder.state() == CaptureState::armedTransport);
    SECTION ("after a stop")
    {
        heard.transport (false);
        heard.hear (50, 0.1f);
    }
    SECTION ("or after the host had stopped processing") { heard.recorder.suspend(); }
    const auto start = heard.place;
    heard.transport (true);
    heard.hear (20, 0.1f);
    heard.transport (false);
    checkTaken (heard.recorder, start, start + 20);
}

TEST_CASE ("An unknown transport begins nothing", "[recorder]")
{
    Heard heard;
    heard.recorder.armTransport();
    heard.recorder.transportIs (false, true);
    heard.hear (50, 0.1f);
    CHECK (heard.recorder.state() == CaptureState::armedTransport);
}

TEST_CASE ("A recording begins a little before the first sound and ends with silence", "[recorder]")
{
    Heard heard;
    heard.hear (1000, 0.0f);
    heard.recorder.armSound();
    CHECK (heard.recorder.state() == CaptureState::armedSound);
    heard.hear (500, 0.004f); // too quiet
    CHECK (heard.recorder.state() == CaptureState::armedSound);
    heard.hear (200, 0.2f);
    CHECK (heard.recorder.state() == CaptureState::recording);
    CHECK (heard.recorder.recordedSamples() == 300);
    heard.hear (490, 0.0f); // a pause
    CHECK (heard.recorder.state() == CaptureState::recording);
    heard.hear (100, 0.002f); // a tail
    SECTION ("half a second of it")
    {
        heard.hear (500, 0.0f);
        checkTaken (heard.recorder, 1400, 2390);
    }
    SECTION ("or a stop by hand")
    {
        heard.recorder.stop();
        checkTaken (heard.recorder, 1400, 2290);
    }
}

TEST_CASE ("Silence is measured against the loudest: noise after a loud sound is silence", "[recorder]")
{
    Heard heard;
    heard.hear (500, 0.0f);
    heard.recorder.armSound();
    heard.hear (100, 0.9f);
    heard.hear (600, 0.0025f);
    checkTaken (heard.recorder, 400, 700);
}

TEST_CASE ("What waits for a sound can be called off, or told to begin", "[recorder]")
{
    Heard heard;
    heard.hear (100, 0.0f);
    SECTION ("called off")
    {
        heard.recorder.armSound();
        heard.recorder.disarm();
        heard.hear (100, 0.5f);
        CHECK (heard.recorder.state() == CaptureState::listening);
        heard.recorder.armTransport();
        heard.recorder.disarm();
        heard.transport (true);
        CHECK (heard.recorder.state() == CaptureState::listening);
    }
    SECTION ("armed otherwise")
    {
        heard.recorder.armSound();
        heard.recorder.armTransport();
        heard.hear (100, 0.5f);
        CHECK (heard.recorder.state() == CaptureState::armedTransport);
    }
    SECTION ("told to begin")
    {
        heard.recorder.armSound();
        heard.recorder.start();
        heard.hear (700, 0.0f); // silence does not end what was begun by hand
        heard.recorder.stop();
        checkTaken (heard.recorder, 100, 800);
    }
}

TEST_CASE ("A sound at the very beginning has no more before it than there is", "[recorder]")
{
    Heard heard;
    heard.recorder.armSound();
    heard.hear (50, 0.5f);
    heard.recorder.stop();
    checkTaken (heard.recorder, 0, 50);
}

TEST_CASE ("Places beyond what the state's word holds come round", "[recorder]")
{
    Heard heard;
    heard.place = (1ll << 37) - 100;
    heard.hear (50, 0.0f);
    heard.recorder.start();
    heard.hear (200, 0.0f);
    CHECK (heard.recorder.recordedSamples() == 200);
    heard.recorder.stop();
    heard.hear (1000, 0.0f);
    checkTaken (heard.recorder, (1ll << 37) - 50, (1ll << 37) + 150);
}
