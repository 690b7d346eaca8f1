#pragma once

#include "FakeLink.h"
#include "RegionFile.h"
#include "Session.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

namespace synthmatch::fake
{

/** Whether something comes true in good time. */
template <typename Condition>
bool comesTrue (Condition condition)
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds (30);
    while (! condition())
    {
        if (std::chrono::steady_clock::now() > until)
            return false;
        std::this_thread::sleep_for (std::chrono::milliseconds (1));
    }
    return true;
}

/** A session with an engine that hears what a test plays, and a backend of ours. */
struct Rig
{
    explicit Rig (SessionTimes times = {}) : session (engine, outside (times)) { engine.prepare (rateHz, blockSamples); }

    Session::Outside outside (SessionTimes times)
    {
        Session::Outside needs;
        needs.makeLink = [this] (BackendLink::Listener& listener) { return std::make_unique<Link> (backend, listener); };
        needs.times = times;
        return needs;
    }

    /** Let the engine hear a sound. */
    void hear (const juce::AudioBuffer<float>& sound, bool transportPlays = false)
    {
        for (int start = 0; start < sound.getNumSamples(); start += blockSamples)
        {
            juce::AudioBuffer<float> block (2, juce::jmin (blockSamples, sound.getNumSamples() - start));
            for (int channel = 0; channel < 2; ++channel)
                block.copyFrom (channel, 0, sound, channel, start, block.getNumSamples());
            engine.process (block, true, transportPlays);
        }
    }

    void hearTone (double seconds = 4.0) { hear (sounds::tone (rateHz, seconds, 440.0, 0.5f)); }

    template <typename Condition>
    bool shows (Condition condition)
    {
        return comesTrue ([&] { return condition (*session.view()); });
    }

    bool isDone()
    {
        return shows ([] (const SessionView& view) { return view.match == MatchState::done; });
    }

    bool fails()
    {
        return shows ([] (const SessionView& view)
                      { return view.match == MatchState::failed && view.problem.exists(); });
    }

    /** A candidate of the newest match is selected, in Surge XT and confirmed. */
    bool holds (int candidate, int port = 53280)
    {
        return shows (
            [&] (const SessionView& view)
            {
                return view.write == WriteState::verified && view.selected >= 0
                       && view.candidates[(size_t) view.selected].candidate == candidate
                       && backend.held (port) == std::pair<int, int> { view.job, candidate };
            });
    }

    /** All commands that were given before are done. */
    void settle()
    {
        const auto lookBack = session.view()->lookBackS == 7.0 ? 8.0 : 7.0;
        session.setLookBack (lookBack);
        REQUIRE (shows ([&] (const SessionView& view) { return view.lookBackS == lookBack; }));
    }

    static constexpr double rateHz = 48000.0;
    static constexpr int blockSamples = 512;

    Backend backend;
    AudioEngine engine;
    Session session;
};

} // namespace synthmatch::fake
