#include "CaptureRing.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <limits>
#include <thread>

using synthmatch::CaptureRing;

namespace
{

constexpr double rateHz = 8000.0;
constexpr int kept = 280000; // 35 s

void write (CaptureRing& ring, const sounds::Audio& audio)
{
    for (int at = 0; at < audio.getNumSamples();)
    {
        const auto samples = juce::jmin (ring.leftInStretch(), audio.getNumSamples() - at);
        ring.write (audio.getReadPointer (0, at), audio.getReadPointer (1, at), samples);
        at += samples;
    }
}

bool countsFrom (const CaptureRing::Copy& copy)
{
    for (int i = 0; i < copy.audio.getNumSamples(); ++i)
    {
        const auto value = (float) ((copy.start + i) & 0xffffff);
        if (copy.audio.getSample (0, i) != value || copy.audio.getSample (1, i) != -value)
            return false;
    }
    return true;
}

} // namespace

TEST_CASE ("A ring gives back what was written, wrapped around too", "[ring]")
{
    CaptureRing ring (rateHz, 0);
    CHECK (ring.copy (0, 100).audio.getNumSamples() == 0);
    for (int at = 0; at < 3 * kept; at += 3001)
        write (ring, sounds::counting (at, 3001));

    const auto end = (int) ring.end();
    const auto newest = ring.copy (end - 30 * (int) rateHz, end);
    CHECK (newest.start == end - 240000);
    CHECK (newest.audio.getNumSamples() == 240000);
    CHECK (countsFrom (newest));

    SECTION ("what is no longer there is missing at the beginning")
    {
        const auto all = ring.copy (0, end);
        CHECK (all.start == end - kept);
        CHECK (all.audio.getNumSamples() == kept);
        CHECK (countsFrom (all));
    }
    SECTION ("what was not heard yet is missing at the end")
    {
        const auto beyond = ring.copy (end - 10, end + 1000);
        CHECK (beyond.audio.getNumSamples() == 10);
        CHECK (countsFrom (beyond));
    }
    SECTION ("the wrong way round is nothing")
    {
        CHECK (ring.copy (end, end - 10).audio.getNumSamples() == 0);
    }
}

TEST_CASE ("Places go on from ring to ring", "[ring]")
{
    CaptureRing ring (rateHz, 5000);
    write (ring, sounds::counting (5000, 700));
    const auto copy = ring.copy (0, 1 << 20);
    CHECK (copy.start == 5000);
    CHECK (copy.audio.getNumSamples() == 700);
    CHECK (countsFrom (copy));
}

TEST_CASE ("What is not finite is kept as 0", "[ring]")
{
    CaptureRing ring (rateHz, 0);
    const float left[] { 0.5f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::max(),
                         -0.25f };
    const float right[] { std::numeric_limits<float>::infinity(), -1.0f,
                          -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min() };
    ring.write (left, right, 4);
    const auto copy = ring.copy (0, 4).audio;
    CHECK (copy.getSample (0, 0) == 0.5f);
    CHECK (copy.getSample (0, 1) == 0.0f);
    CHECK (copy.getSample (0, 2) == std::numeric_limits<float>::max());
    CHECK (copy.getSample (0, 3) == -0.25f);
    CHECK (copy.getSample (1, 0) == 0.0f);
    CHECK (copy.getSample (1, 1) == -1.0f);
    CHECK (copy.getSample (1, 2) == 0.0f);
    CHECK (copy.getSample (1, 3) == std::numeric_limits<float>::denorm_min());
}

TEST_CASE ("Peaks are those of the newest stretches, the unfinished one too", "[ring]")
{
    CaptureRing ring (rateHz, 0);
    const auto stretch = ring.stretchSamples();
    REQUIRE (stretch == 40);
    std::vector<float> peaks;
    ring.readPeaks (peaks, 0.05);
    CHECK (peaks == std::vector<float> (10, 0.0f));

    auto audio = sounds::silence (rateHz, 0.0125); // two and a half stretches
    audio.setSample (0, 3, -0.75f);
    audio.setSample (1, 50, 0.5f);
    audio.setSample (0, 99, 0.25f);
    write (ring, audio);
    ring.readPeaks (peaks, 0.025);
    CHECK (peaks == std::vector<float> { 0.0f, 0.0f, 0.75f, 0.5f, 0.25f });

    for (int at = 0; at < kept; at += 10000) // and once around
        write (ring, sounds::silence (rateHz, 1.25));
    ring.readPeaks (peaks, 30.0);
    CHECK (peaks == std::vector<float> (6000, 0.0f));
    ring.readPeaks (peaks, 1.0e9);
    CHECK (peaks.size() == 6000);
    ring.readPeaks (peaks, -1.0);
    CHECK (peaks.empty());
}

TEST_CASE ("The level of a stretch is blind to a constant offset", "[ring]")
{
    CaptureRing ring (rateHz, 0);
    auto audio = sounds::tone (rateHz, 0.005, 1000.0, 0.1f);
    for (int i = 0; i < audio.getNumSamples(); ++i)
        audio.setSample (0, i, audio.getSample (0, i) + 0.7f);
    write (ring, audio);
    CHECK (ring.stretchLevel() == Approx (0.1f).margin (0.001f));
}

TEST_CASE ("A reader never sees what is written over what it reads", "[ring][threads]")
{
    CaptureRing ring (rateHz, 0);
    std::atomic<bool> stop { false };
    std::thread writer (
        [&]
        {
            std::vector<float> left (40), right (40);
            while (! stop.load())
            {
                const auto place = ring.end();
                for (int i = 0; i < 40; ++i)
                {
                    left[(size_t) i] = (float) ((place + i) & 0xffffff);
                    right[(size_t) i] = -left[(size_t) i];
                }
                ring.write (left.data(), right.data(), 40);
            }
        });

    // All that the ring has: the writer is always about to write over its beginning.
    int shortened = 0, wrong = 0, empty = 0;
    std::vector<float> peaks;
    const auto giveUp = juce::Time::getMillisecondCounter() + 300000;
    for (int copies = 0; (copies < 50 || shortened < 10) && juce::Time::getMillisecondCounter() < giveUp;
         ++copies)
    {
        const auto end = ring.end();
        const auto start = juce::jmax ((juce::int64) 0, end - kept);
        const auto copy = ring.copy (start, end);
        wrong += countsFrom (copy) ? 0 : 1;
        shortened += copy.start > start ? 1 : 0;
        empty += copy.audio.getNumSamples() == 0 ? 1 : 0;
        ring.readPeaks (peaks, 1.0);
    }
    stop.store (true);
    writer.join();
    INFO (shortened << " shortened, " << empty << " empty");
    CHECK (wrong == 0);
    CHECK (shortened >= 10);
}
