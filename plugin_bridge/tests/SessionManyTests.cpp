#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    SessionTimes impatient()
    {
        SessionTimes times;
       #if defined(__SANITIZE_THREAD__) // a region is not even written in a quarter of a second then
        times.connectS = times.answerS = times.stallS = times.queueS = 2.0;
       #else
        times.connectS = times.answerS = times.stallS = times.queueS = 0.25;
       #endif
        times.activeMs = 1;
        times.idleMs = 1;
        return times;
    }

    /** Does anything that a musician or a host can do. */
    void command (Rig& rig, juce::Random& random, const juce::MemoryBlock& chunk)
    {
        auto& session = rig.session;
        switch (random.nextInt (27))
        {
            case 0: return session.match();
            case 1: return session.match();
            case 2: return session.cancel();
            case 3: return session.select (random.nextInt (6) - 1);
            case 4: return session.selectNext();
            case 5: return session.selectPrevious();
            case 6: return session.undo();
            case 7: return session.keep (random.nextInt (4) - 1, rig.backend.folder.getChildFile ("kept.fxp"));
            case 8: return session.setAudition ((Audition) random.nextInt (3));
            case 9: return session.refreshInstances();
            case 10: return session.chooseInstance (53280 + random.nextInt (3));
            case 11: return session.setLock ((Section) random.nextInt (sectionCount), random.nextBool());
            case 12: return session.setBudget (random.nextFloat() * 20.0f);
            case 13: return session.setAddress (random.nextBool() ? "" : "9000 token");
            case 14: return session.retryLink();
            case 15: return session.dismissProblem();
            case 16: return session.startRecording();
            case 17: return session.stopRecording();
            case 18: return session.armTransport();
            case 19: return session.armSound();
            case 20: return session.disarm();
            case 21: return session.clearRegion();
            case 22: return session.setTrim (random.nextDouble() * 4.0, random.nextDouble() * 4.0);
            case 23: return session.loadFile (rig.backend.folder.getChildFile ("missing.wav"));
            case 24: session.restore (chunk.getData(), chunk.getSize()); return;
            case 25:
                session.setMoreAmount (random.nextFloat());
                return session.moreLike (random.nextInt (6) - 1);
            default: return rig.hearTone (0.1);
        }
    }

    /** Any event that a backend could tell, of any match. */
    say::Event event (Rig& rig, juce::Random& random)
    {
        const auto job = juce::jmax (1, rig.backend.newestJob() - random.nextInt (3) + 1);
        switch (random.nextInt (6))
        {
            case 0: return say::Progress { job, "render", random.nextFloat(), 1.0f };
            case 1: return say::JobFailed { job, "render", "no render." };
            case 2: return say::JobCancelled { job };
            case 3: return say::ServiceNews { "News." };
            case 4: return say::Matched { job, 1 + random.nextInt (3), 3, random.nextBool(), {} };
            default:
                return rig.backend.candidate (job, 1 + random.nextInt (4), 1 + random.nextInt (4));
        }
    }

    /** Anything that can be wrong with a backend. */
    void misbehave (Rig& rig, juce::Random& random)
    {
        auto& backend = rig.backend;
        switch (random.nextInt (9))
        {
            case 0: return backend.change ([&] { backend.says = random.nextBool(); });
            case 1: return backend.change ([&] { backend.finds = random.nextBool(); });
            case 2: return backend.change ([&] { backend.comesUp = random.nextBool(); });
            case 3:
                return backend.change (
                    [&]
                    {
                        backend.instances.clear();
                        for (int i = random.nextInt (3); i > 0; --i)
                            backend.instances.push_back ({ 53279 + i, {}, random.nextBool(), false });
                    });
            case 4:
                return backend.change ([&]
                                       { backend.writeState = random.nextBool() ? "queued" : "differs"; });
            case 5:
            {
                LinkReport report;
                report.state = (LinkState) random.nextInt (5);
                report.greetings = random.nextInt (3);
                report.folder = backend.folder.getFullPathName();
                return backend.report (report);
            }
            case 6:
                return backend.change (
                    [&]
                    {
                        const std::array<const char*, 4> codes { "link", "service", "busy", "fault" };
                        const auto code = codes[(size_t) random.nextInt (4)];
                        const auto every = 1 + random.nextInt (4);
                        const auto count = std::make_shared<int> (0);
                        backend.answer = [code, every, count] (const say::Request&) -> std::optional<say::Answer>
                        {
                            if (++*count % every != 0)
                                return std::nullopt;
                            return say::Refused { code, "refused." };
                        };
                    });
            case 7: return backend.change ([&] { backend.answer = nullptr; });
            default: return backend.tell (event (rig, random));
        }
    }

    juce::MemoryBlock someChunk()
    {
        Rig rig;
        rig.hearTone();
        rig.session.match();
        REQUIRE (rig.isDone());
        return rig.session.save();
    }
}

TEST_CASE ("Whatever was done and went wrong, a good backend and one click lead to a match", "[many]")
{
    const auto chunk = someChunk();
    for (int seed = 1; seed <= 20; ++seed)
    {
        INFO ("seed " << seed);
        juce::Random random (seed);
        Rig rig (impatient());
        rig.hearTone();
        for (int step = 0; step < 120; ++step)
        {
            if (random.nextInt (3) == 0)
                misbehave (rig, random);
            else
                command (rig, random, chunk);
            if (random.nextInt (20) == 0)
                std::this_thread::sleep_for (std::chrono::milliseconds (random.nextInt (30)));
        }

        // Nothing stays under way.
        REQUIRE (rig.shows (
            [] (const SessionView& view)
            {
                return view.write != WriteState::writing && view.match != MatchState::connecting
                       && view.match != MatchState::writing && view.match != MatchState::matching
                       && view.match != MatchState::improving;
            }));

        rig.backend.change (
            [&]
            {
                rig.backend.says = rig.backend.finds = rig.backend.comesUp = true;
                rig.backend.answer = nullptr;
                rig.backend.writeState = "verified";
                rig.backend.instances = { { 53280, {}, true, false } };
            });
        rig.hearTone();
        // On a loaded machine these short times can run out once more: no try may be stuck.
        const auto isMatched = comesTrue (
            [&]
            {
                rig.session.clearRegion();
                rig.session.chooseInstance (53280);
                const auto job = rig.backend.newestJob();
                // What is shown from here on is of this try; an earlier one may still have failed late.
                if (! rig.shows (
                        [&] (const SessionView& view)
                        {
                            rig.session.dismissProblem();
                            return ! view.problem.exists();
                        }))
                    return false;
                rig.session.match();
                return comesTrue (
                    [&]
                    {
                        const auto view = rig.session.view();
                        const auto written = view->write == WriteState::verified && view->job > job;
                        const auto ended = view->match != MatchState::writing && view->write != WriteState::writing
                                           && view->problem.exists();
                        return written || ended;
                    })
                       && rig.session.view()->write == WriteState::verified;
            });
        const auto view = rig.session.view();
        INFO ("match " << (int) view->match << ", write " << (int) view->write << ", link "
                       << (int) view->link.state << ", job " << view->job << ", port " << view->chosenPort
                       << ": " << view->problem.sentence);
        REQUIRE (isMatched);
        REQUIRE (rig.session.view()->candidates.size() == 3);
    }
}

TEST_CASE ("A session can be destroyed at any moment", "[many]")
{
    const auto chunk = someChunk();
    for (int seed = 1; seed <= 150; ++seed)
    {
        juce::Random random (1000 + seed);
        Rig rig (impatient());
        rig.hearTone (0.2);
        rig.session.follow();
        for (auto step = random.nextInt (20); step > 0; --step)
        {
            if (random.nextInt (4) == 0)
                misbehave (rig, random);
            else
                command (rig, random, chunk);
            if (random.nextInt (10) == 0)
                std::this_thread::yield();
        }
    }
    SUCCEED();
}

TEST_CASE ("A session destroyed with a match, a write or a look under way ends at once", "[many]")
{
    const auto kind = GENERATE (0, 1, 2, 3);
    std::atomic<bool> asked { false };
    Backend backend;
    backend.answer = [&] (const say::Request& request) -> std::optional<say::Answer>
    {
        const auto stops = (kind == 0 && std::holds_alternative<say::ListInstances> (request))
                           || (kind == 1 && std::holds_alternative<say::StartMatch> (request))
                           || (kind == 2 && std::holds_alternative<say::WriteCandidate> (request))
                           || (kind == 3 && std::holds_alternative<say::ChooseInstance> (request));
        if (stops)
        {
            backend.says = false; // of this thread alone
            asked = true;
        }
        return std::nullopt;
    };
    {
        AudioEngine engine;
        engine.prepare (48000.0, 512);
        for (int i = 0; i < 400; ++i)
        {
            auto block = sounds::tone (48000.0, 512 / 48000.0, 440.0, 0.5f);
            engine.process (block, true, false);
        }
        Session::Outside outside;
        outside.makeLink = [&] (BackendLink::Listener& listener) { return std::make_unique<Link> (backend, listener); };
        Session session (engine, outside);
        session.match();
        REQUIRE (comesTrue ([&] { return asked.load(); }));
    }
    CHECK (backend.links() == 1);
}

TEST_CASE ("Twenty sessions at once do not disturb each other", "[many]")
{
    std::vector<std::unique_ptr<Rig>> rigs;
    for (int i = 0; i < 20; ++i)
    {
        rigs.push_back (std::make_unique<Rig>());
        rigs.back()->backend.candidates = 1 + i % 8;
        rigs.back()->session.follow();
        rigs.back()->hearTone (1.0);
    }
    for (auto& rig : rigs)
        rig->session.match();
    for (auto& rig : rigs)
        rig->session.selectNext(); // some before, some after their match is there
    for (size_t i = 0; i < rigs.size(); ++i)
    {
        REQUIRE (rigs[i]->isDone());
        REQUIRE (rigs[i]->shows ([] (const auto& view) { return view.write == WriteState::verified; }));
        CHECK (rigs[i]->session.view()->candidates.size() == 1 + i % 8);
        CHECK (rigs[i]->backend.newestJob() == 1);
    }
}

TEST_CASE ("Views are whole and rise, whoever reads them while all is in motion", "[many]")
{
    Rig rig;
    rig.hearTone();
    std::atomic<bool> ends { false };
    std::atomic<int> wrong { 0 };
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back (
            [&]
            {
                int last = 0;
                while (! ends)
                {
                    const auto view = rig.session.view();
                    wrong += view->version < last || view->selected >= (int) view->candidates.size()
                             || (view->capture == CaptureState::captured && view->region == nullptr);
                    last = view->version;
                    if (rig.session.save().isEmpty())
                        ++wrong;
                }
            });
    for (int i = 0; i < 10; ++i)
    {
        rig.session.match();
        rig.session.selectNext();
        rig.session.clearRegion();
        REQUIRE (rig.isDone());
    }
    ends = true;
    for (auto& reader : readers)
        reader.join();
    CHECK (wrong == 0);
}
