#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    SessionTimes impatient()
    {
        SessionTimes times;
        times.connectS = times.answerS = times.stallS = times.queueS = 0.05;
        times.activeMs = 1;
        return times;
    }

    bool isMatching (const SessionView& view) { return view.match == MatchState::matching; }
}

TEST_CASE ("Every wait has an end, and the next match works", "[faults]")
{
    Rig rig (impatient());
    rig.hearTone();
    SECTION ("for a backend that says nothing")
    {
        rig.backend.says = false;
        rig.session.match();
    }
    SECTION ("for the answer to a match")
    {
        rig.backend.report ({});
        std::atomic<bool> open { false };
        rig.backend.answer = [&] (const say::Request& request) -> std::optional<say::Answer>
        {
            if (std::holds_alternative<say::StartMatch> (request))
                rig.backend.says = false; // from now on
            return std::nullopt;
        };
        rig.session.match();
    }
    SECTION ("for news of a match")
    {
        rig.backend.finds = false;
        rig.session.match();
    }
    SECTION ("for news of a match behind others")
    {
        rig.backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
        {
            if (std::holds_alternative<say::StartMatch> (request))
                return say::Queued { 1, 3 };
            return std::nullopt;
        };
        rig.session.match();
    }
    REQUIRE (rig.fails());
    CHECK (rig.session.view()->problem.nextStep.isNotEmpty());
    rig.backend.change (
        [&]
        {
            rig.backend.answer = nullptr;
            rig.backend.says = rig.backend.finds = true;
        });
    // A loaded machine may be slower than these times: what counts is that no try is stuck.
    REQUIRE (comesTrue (
        [&]
        {
            rig.session.match();
            return comesTrue (
                       [&]
                       {
                           const auto state = rig.session.view()->match;
                           return state == MatchState::done || state == MatchState::failed;
                       })
                   && rig.session.view()->match == MatchState::done;
        }));
}

TEST_CASE ("A write or a look for Surge XT that is never answered ends, too", "[faults]")
{
    SessionTimes times;
    times.answerS = 0.05;
    times.activeMs = 1;
    Rig rig (times);
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    REQUIRE (rig.holds (1));
    rig.backend.change ([&] { rig.backend.says = false; });
    SECTION ("a write")
    {
        rig.session.selectNext();
        REQUIRE (rig.shows ([] (const auto& view)
                            { return view.problem.exists() && view.write != WriteState::writing; }));
    }
    SECTION ("an undo")
    {
        rig.session.undo();
        REQUIRE (rig.shows ([] (const auto& view)
                            { return view.problem.exists() && view.write != WriteState::writing; }));
        CHECK (rig.session.view()->canUndo); // the patch is kept by the backend all the same
    }
    SECTION ("a look")
    {
        rig.session.refreshInstances();
        REQUIRE (rig.shows ([] (const auto& view) { return view.problem.exists(); }));
    }
    SECTION ("keeping, which needs no backend")
    {
        rig.session.keep (0, rig.backend.folder.getChildFile ("kept.fxp"));
        REQUIRE (rig.shows ([] (const auto& view) { return view.kept.isNotEmpty(); }));
    }
    rig.backend.change ([&] { rig.backend.says = true; });
    REQUIRE (comesTrue (
        [&]
        {
            rig.session.select (2);
            rig.session.view();
            return comesTrue ([&] { return rig.session.view()->write != WriteState::writing; })
                   && rig.backend.held (53280).second == 3;
        }));
}

TEST_CASE ("A backend that is lost while it matches is told, and found again by the next click", "[faults]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows (isMatching));
    LinkReport lost;
    lost.state = LinkState::failed;
    lost.problem = "The backend has ended.";
    lost.nextStep = "Click Match again.";
    rig.backend.report (lost);
    REQUIRE (rig.fails());
    CHECK (rig.session.view()->problem.sentence == lost.problem);
    CHECK (rig.session.view()->problem.nextStep == lost.nextStep);
    rig.backend.change ([&] { rig.backend.finds = true; });
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (rig.backend.opened() == 2);
    CHECK (rig.backend.links() == 1);
}

TEST_CASE ("A match that was forgotten while the link was away is asked for once more, by itself", "[faults]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows (isMatching));
    LinkReport away;
    away.state = LinkState::connecting;
    auto anew = rig.backend.connected();
    anew.greetings = 2;
    const auto loses = GENERATE (true, false); // else it says hello again at once
    if (loses)
        rig.backend.report (away);
    SECTION ("and found")
    {
        rig.backend.change ([&] { rig.backend.finds = true; });
        rig.backend.report (anew);
        rig.backend.tell (say::ServiceNews { "A match that ran was given up." });
        REQUIRE (rig.isDone());
        REQUIRE (rig.holds (1)); // the new backend was told which Surge XT, too
        CHECK (rig.session.view()->job == 2);
        CHECK (rig.backend.asked<say::ChooseInstance>().size() == 2);
        CHECK_FALSE (rig.session.view()->problem.exists());
    }
    SECTION ("but not without end")
    {
        rig.backend.report (anew);
        REQUIRE (comesTrue ([&] { return rig.backend.newestJob() == 2; }));
        REQUIRE (rig.shows (isMatching));
        ++anew.greetings;
        rig.backend.report (anew);
        REQUIRE (rig.fails());
        CHECK (rig.backend.newestJob() == 2);
    }
}

TEST_CASE ("The link is shown as it is: starting, the model's loading, its news", "[faults]")
{
    Rig rig;
    rig.backend.says = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.link.state == LinkState::starting; }));
    LinkReport news;
    news.state = LinkState::starting;
    news.elapsedS = 3.5f;
    rig.backend.report (news);
    REQUIRE (rig.shows ([] (const auto& view) { return view.link.elapsedS == 3.5f; }));
    CHECK (rig.session.view()->match == MatchState::connecting);

    rig.backend.change ([&] { rig.backend.says = true; rig.backend.finds = false; });
    news = rig.backend.connected();
    news.model = "loading";
    news.modelFraction = 0.4f;
    rig.backend.report (news);
    REQUIRE (comesTrue ([&] { return rig.backend.newestJob() == 1; })); // asked for at once
    rig.settle();
    CHECK (rig.session.view()->match == MatchState::connecting); // but it waits for the model
    CHECK (rig.session.view()->link.modelFraction == 0.4f);
    rig.backend.tell (say::ServiceNews { "The model cannot be loaded." });
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence == "The model cannot be loaded."; }));
    rig.session.dismissProblem();
    CHECK (rig.shows ([] (const auto& view) { return ! view.problem.exists(); }));
    SECTION ("it is loaded")
    {
        rig.backend.report (rig.backend.connected());
        CHECK (rig.shows (isMatching));
    }
    SECTION ("the match goes on")
    {
        rig.backend.tell (say::Progress { 1, "propose", 0.5f, 1.0f });
        CHECK (rig.shows (isMatching));
        CHECK (rig.session.view()->fraction == 0.5f);
    }
    SECTION ("it is cancelled before")
    {
        rig.session.cancel();
        CHECK (rig.shows ([] (const auto& view) { return view.match == MatchState::cancelled; }));
    }
}

TEST_CASE ("Another address, and another try, lead to a new opening", "[faults]")
{
    Rig rig;
    rig.session.setAddress ("9000 token");
    rig.settle();
    CHECK (rig.backend.links() == 0); // nothing is opened for it
    rig.session.retryLink();
    REQUIRE (rig.shows ([] (const auto& view) { return view.link.state == LinkState::connected; }));
    CHECK (rig.backend.opened() == 1);
    rig.session.setAddress ("9001 token");
    REQUIRE (comesTrue ([&] { return rig.backend.opened() == 2; }));
    rig.session.setAddress ("9001 token");
    rig.settle();
    CHECK (rig.backend.opened() == 2);
    CHECK (rig.session.view()->address == "9001 token");
}
