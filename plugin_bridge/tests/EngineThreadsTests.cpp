#include "AudioEngine.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <thread>

using sounds::Audio;
using synthmatch::AudioEngine;
using synthmatch::CaptureState;

namespace
{

struct Runs
{
    template <typename Work>
    explicit Runs (Work work)
        : thread (
              [this, work]
              {
                  while (! stop.load())
                      work();
              })
    {
    }

    ~Runs()
    {
        stop.store (true);
        thread.join();
    }

    std::atomic<bool> stop { false };
    std::thread thread;
};

/** Whether every sample is one more than the one before, in both sides. */
bool counts (const Audio& audio)
{
    for (int i = 1; i < audio.getNumSamples(); ++i)
        if (audio.getSample (0, i) != audio.getSample (0, i - 1) + 1.0f
            && audio.getSample (0, i) != 0.0f) // begun again
            return false;
    return true;
}

} // namespace

TEST_CASE ("All threads use an engine at once", "[engine][threads]")
{
    AudioEngine engine;
    engine.prepare (8000.0, 64);
    std::atomic<int> blocks { 0 }, taken { 0 };
    std::atomic<bool> over { false };
    int wrong = 0;
    const auto rounds = 40;
    {
        Runs audio (
            [&]
            {
                auto block = sounds::counting ((int) (engine.heardSamples() & 0xfffff), 64);
                engine.process (block, true, (blocks.fetch_add (1) / 16) % 2 == 0);
            });
        Runs editor (
            [&]
            {
                std::vector<float> peaks;
                engine.readPeaks (peaks, 30.0);
                engine.recordedS();
                engine.captureState();
                engine.isPlaying();
                std::this_thread::yield();
            });
        Runs session (
            [&]
            {
                engine.armTransport();
                engine.armSound();
                engine.startRecording();
                const auto heard = engine.heardSamples();
                while (engine.heardSamples() == heard && ! over.load())
                    std::this_thread::yield();
                if (const auto region = engine.copyLast (2.0))
                    wrong += counts (region->audio) ? 0 : 1;
                engine.stopRecording();
                if (const auto region = engine.takeRecording())
                {
                    wrong += counts (region->audio) ? 0 : 1;
                    ++taken;
                }
                engine.play (std::make_shared<const Audio> (sounds::tone (8000.0, 0.01, 440.0, 0.5f)), 8000.0,
                             1.0f);
                if (taken.load() % 2 == 0)
                    engine.stopPlaying();
            });
        // What a faulty host does: it prepares and suspends while it processes.
        for (int round = 0; round < rounds || taken.load() < 20; ++round)
        {
            engine.prepare (round % 3 == 0 ? 11025.0 : 8000.0, 64);
            const auto before = blocks.load();
            while (blocks.load() < before + 40)
                std::this_thread::yield();
            engine.suspend();
        }
        over.store (true);
    }
    CHECK (wrong == 0);
}
