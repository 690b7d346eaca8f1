#include "AudioEngine.h"
#include "AudioThreadGuard.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <mutex>
#include <thread>

using sounds::Audio;
using synthmatch::AudioEngine;
using synthmatch::CaptureState;

namespace
{

struct Counts
{
    int allocations = 0, locks = 0, systemCalls = 0;
};

/** What some work does that an audio thread must not do. */
template <typename Work>
Counts seenIn (Work work)
{
    Counts seen;
    {
        const AudioThreadGuard guard;
        work();
        seen = { guard.allocations(), guard.locks(), guard.systemCalls() };
    }
    return seen;
}

template <typename Work>
void checkFitForAudio (const char* what, Work work)
{
    const auto seen = seenIn (work);
    INFO (what);
    CHECK (seen.allocations == 0);
    CHECK (seen.locks == 0);
    CHECK (seen.systemCalls == 0);
}

/** Keeps the compiler from leaving out what a test does. */
volatile char sink = 0;

} // namespace

TEST_CASE ("The guard sees what an audio thread must not do", "[audio thread]")
{
    if (AudioThreadGuard::seesAllocations())
    {
        auto* old = new int (1);
        auto shared = std::make_shared<std::vector<float>> (100);
        CHECK (seenIn ([&] { sink = (char) std::string (100, 'x').size(); }).allocations >= 2);
        CHECK (seenIn ([&] { delete old; }).allocations == 1);
        CHECK (seenIn ([&] { shared = nullptr; }).allocations >= 1);
        CHECK (seenIn ([&] { sink = (char) Audio (2, 64).getNumSamples(); }).allocations >= 2);
    }
    if (AudioThreadGuard::seesLocks())
    {
        std::mutex mutex;
        juce::CriticalSection section;
        CHECK (seenIn ([&] { const std::lock_guard<std::mutex> lock (mutex); }).locks == 1);
        CHECK (seenIn ([&] { const juce::ScopedLock lock (section); }).locks == 1);
        CHECK (seenIn ([&] { const juce::ScopedTryLock lock (section); }).locks == 1);
    }
    if (AudioThreadGuard::seesSystemCalls())
    {
        CHECK (seenIn ([] { std::this_thread::yield(); }).systemCalls == 1);
        CHECK (seenIn ([] { juce::Thread::sleep (1); }).systemCalls == 1);
    }
    const auto seen = seenIn ([] { sink = 1; });
    CHECK (seen.allocations + seen.locks + seen.systemCalls == 0);
}

TEST_CASE ("process neither allocates nor locks nor calls the system", "[audio thread]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 8192);
    const auto channels = GENERATE (1, 2);
    const auto blockSamples = GENERATE (1, 64, 8192);
    const auto loud = sounds::tone (48000.0, 8192 / 48000.0, 440.0, 0.5f, channels);
    auto block = loud;

    const auto blocks = juce::jmax (3, 20000 / blockSamples);
    const auto process = [&] (bool playing)
    {
        for (int i = 0; i < blocks; ++i)
        {
            Audio view (block.getArrayOfWritePointers(), channels, i * blockSamples % 8192, blockSamples);
            engine.process (view, true, playing);
        }
    };
    const auto play = [&]
    {
        engine.play (std::make_shared<const Audio> (sounds::tone (44100.0, 0.2, 440.0, 0.5f)), 44100.0, 0.9f);
    };

    checkFitForAudio ("listening", [&] { process (false); });
    engine.armTransport();
    checkFitForAudio ("recording with the transport",
                      [&]
                      {
                          process (true);
                          process (false);
                      });
    REQUIRE (engine.takeRecording() != nullptr);
    engine.armSound();
    checkFitForAudio ("recording a sound", [&] { process (false); });
    REQUIRE (engine.captureState() == CaptureState::recording);
    block.clear();
    checkFitForAudio ("and its end",
                      [&]
                      {
                          for (int i = 0; i < 3; ++i)
                              process (false);
                      });
    REQUIRE (engine.takeRecording() != nullptr);

    play();
    checkFitForAudio ("an audition begins", [&] { process (false); });
    play();
    checkFitForAudio ("is replaced, and ends",
                      [&]
                      {
                          for (int i = 0; i < 3; ++i)
                              process (false);
                      });
    REQUIRE_FALSE (engine.isPlaying());
    play();
    process (false);
    engine.stopPlaying();
    checkFitForAudio ("is stopped", [&] { process (false); });
}

TEST_CASE ("The commands of recording fit the audio thread too", "[audio thread]")
{
    AudioEngine engine;
    engine.prepare (48000.0, 64);
    Audio block (2, 64);
    block.clear();
    checkFitForAudio ("commands",
                      [&]
                      {
                          engine.armSound();
                          engine.armTransport();
                          engine.disarm();
                          engine.startRecording();
                          engine.process (block, true, true);
                          engine.stopRecording();
                          sink = (char) engine.captureState();
                      });
    CHECK (engine.captureState() == CaptureState::captured);
    CHECK (engine.takeRecording()->audio.getNumSamples() == 64);
}
