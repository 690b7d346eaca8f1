#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    /** How many matches were asked for. */
    int starts (const Rig& rig) { return (int) rig.backend.asked<say::StartMatch>().size(); }
}

TEST_CASE ("One click: the last seconds are matched, and the best preset is in Surge XT", "[session]")
{
    Rig rig;
    rig.hearTone();
    CHECK (rig.backend.links() == 0);
    rig.session.match();
    REQUIRE (rig.isDone());
    REQUIRE (rig.holds (1));

    const auto view = rig.session.view();
    CHECK (view->capture == CaptureState::captured);
    REQUIRE (view->region != nullptr);
    CHECK (view->region->lengthS() == Approx (4.0));
    CHECK (view->candidates.size() == 3);
    CHECK (view->candidates[0].rank == 1);
    CHECK (view->candidates[0].tells.size() == 2);
    REQUIRE (view->candidates[0].preset != nullptr);
    CHECK (view->candidates[0].preset->toString() == "preset 1 of match 1");
    CHECK (view->chosenPort == 53280);
    CHECK (view->canUndo);
    CHECK_FALSE (view->problem.exists());
    CHECK (rig.backend.opened() == 1);

    const auto asked = rig.backend.asked<say::StartMatch>();
    REQUIRE (asked.size() == 1);
    const juce::File sound (asked[0].path);
    CHECK (sound.getParentDirectory() == rig.backend.folder);
    CHECK_FALSE (sound.exists()); // it is not needed any more
    CHECK (asked[0].startS == -1.0f);
    CHECK (asked[0].locks.empty());
}

TEST_CASE ("The backend can read all of the sound when the match is asked for, and it is the trimmed part", "[session]")
{
    Rig rig;
    double seconds = 0.0;
    rig.backend.answer = [&] (const say::Request& request) -> std::optional<say::Answer>
    {
        if (const auto* start = std::get_if<say::StartMatch> (&request))
            if (const auto loaded = loadRegion (juce::File (start->path)); loaded.region != nullptr)
                seconds = loaded.region->lengthS();
        return std::nullopt;
    };
    rig.hearTone();
    rig.session.startRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
    rig.hearTone (2.0);
    rig.session.stopRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::captured; }));
    rig.session.setTrim (0.5, 1.25);
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (seconds == Approx (0.75));
    CHECK (rig.backend.asked<say::StartMatch>()[0].startS == 0.0f); // a beginning chosen by hand is kept
}

TEST_CASE ("Clicking Match while it records takes what was recorded", "[session]")
{
    Rig rig;
    rig.hearTone (3.0);
    rig.session.startRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
    rig.hearTone (1.0);
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (rig.session.view()->region->lengthS() == Approx (1.0));
}

TEST_CASE ("Nothing heard, and silence, are told and not matched", "[session]")
{
    Rig rig;
    rig.session.match();
    REQUIRE (rig.fails());
    CHECK (rig.session.view()->problem.sentence.contains ("Nothing was heard"));

    rig.hear (sounds::silence (Rig::rateHz, 5.0));
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("silent"); }));
    CHECK (rig.session.view()->region == nullptr); // still listening

    auto notNumbers = sounds::silence (Rig::rateHz, 5.0);
    for (int i = 0; i < notNumbers.getNumSamples(); ++i)
        notNumbers.setSample (0, i, std::numeric_limits<float>::quiet_NaN());
    rig.session.dismissProblem();
    rig.hear (notNumbers);
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("silent"); }));
    CHECK (rig.backend.links() == 0); // no backend was started for nothing

    rig.hearTone();
    rig.session.match();
    CHECK (rig.isDone());
}

TEST_CASE ("Better rounds replace the list; the best of the last one is written by itself", "[session]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.setBudget (10.0f);
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    CHECK (rig.backend.asked<say::StartMatch>()[0].budgetS == 10.0f);
    rig.backend.tell (say::Progress { 1, "render", 0.25f, 3.0f });
    REQUIRE (rig.shows ([] (const auto& view) { return view.stage == "render" && view.fraction == 0.25f; }));

    rig.backend.tellRound (1, 1, { 1, 2, 3 }, false);
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::improving; }));
    CHECK (rig.session.view()->selected == 0);
    rig.backend.tellRound (1, 2, { 5, 1 }, false);
    REQUIRE (rig.shows ([] (const auto& view) { return view.candidates.size() == 2; }));
    CHECK (rig.backend.asked<say::WriteCandidate>().empty()); // a write would end the improvement
    rig.backend.tellRound (1, 3, { 6, 5, 1 }, true);
    REQUIRE (rig.isDone());
    CHECK (rig.holds (6));
    CHECK (rig.session.view()->candidates[1].candidate == 5);
}

TEST_CASE ("A selection made while it improves stays on its candidate", "[session]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    rig.backend.tellRound (1, 1, { 1, 2, 3 }, false);
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::improving; }));
    rig.session.select (1);
    REQUIRE (rig.holds (2));
    rig.backend.tellRound (1, 2, { 7, 1, 2 }, false);
    REQUIRE (rig.shows ([] (const auto& view) { return view.candidates[0].candidate == 7; }));
    CHECK (rig.session.view()->selected == 2);
    rig.backend.tell (say::Matched { 1, 2, 3, true, "Louder than the sound." });
    REQUIRE (rig.isDone());
    CHECK (rig.session.view()->remark == "Louder than the sound.");
    rig.settle();
    CHECK (rig.holds (2));
    CHECK (rig.backend.asked<say::WriteCandidate>().size() == 1);
}

TEST_CASE ("Events of other matches, doubled, and in another order change nothing", "[session]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    rig.backend.tellRound (77, 1, { 8, 9 }, true);
    rig.backend.tell (say::JobFailed { 78, "audio", "of another match" });
    rig.backend.tell (rig.backend.candidate (1, 2, 2));
    rig.backend.tell (rig.backend.candidate (1, 1, 1));
    rig.backend.tell (rig.backend.candidate (1, 1, 1));
    rig.backend.tell (say::Matched { 1, 2, 2, false, {} });
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::improving; }));
    rig.backend.tellRound (1, 1, { 5 }, true); // a round of before
    rig.settle();
    auto view = rig.session.view();
    CHECK (view->match == MatchState::improving);
    REQUIRE (view->candidates.size() == 2);
    CHECK (view->candidates[0].candidate == 1);

    rig.backend.tell (say::Matched { 1, 2, 2, true, {} });
    rig.backend.tell (say::Matched { 1, 2, 2, true, {} });
    rig.backend.tell (say::JobFailed { 1, "audio", "after its end" });
    REQUIRE (rig.holds (1));
    rig.settle();
    view = rig.session.view();
    CHECK (view->match == MatchState::done);
    CHECK_FALSE (view->problem.exists());
    CHECK (rig.backend.asked<say::WriteCandidate>().size() == 1);
}

TEST_CASE ("A match that fails says why, and the next one works", "[session]")
{
    Rig rig;
    rig.hearTone();
    juce::String expected;
    SECTION ("the backend refuses it")
    {
        rig.backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
        {
            if (std::holds_alternative<say::StartMatch> (request))
                return say::Refused { "busy", "16 matches wait already." };
            return std::nullopt;
        };
        expected = "16 matches wait already.";
        rig.session.match();
    }
    SECTION ("it comes to nothing")
    {
        rig.backend.finds = false;
        rig.session.match();
        REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
        rig.backend.tell (say::JobFailed { 1, "weights", "the weights are missing." });
        expected = "The weights are missing.";
    }
    SECTION ("the backend gives it up")
    {
        rig.backend.finds = false;
        rig.session.match();
        REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
        rig.backend.tell (say::JobCancelled { 1 });
        expected = "gave the match up";
    }
    SECTION ("no candidate is told")
    {
        rig.backend.finds = false;
        rig.session.match();
        REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
        rig.backend.tell (say::Matched { 1, 1, 3, true, {} });
        expected = "no preset";
    }
    SECTION ("the answer does not fit")
    {
        rig.backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
        {
            if (std::holds_alternative<say::StartMatch> (request))
                return say::Gone {};
            return std::nullopt;
        };
        expected = "does not fit";
        rig.session.match();
    }
    SECTION ("the folder for sounds is gone")
    {
        rig.backend.folder.deleteRecursively();
        rig.session.match();
        rig.fails();
        rig.backend.folder.createDirectory();
    }
    SECTION ("there is no backend")
    {
        rig.backend.comesUp = false;
        expected = "not installed";
        rig.session.match();
    }
    REQUIRE (rig.fails());
    CHECK (rig.session.view()->problem.sentence.contains (expected));

    rig.backend.change (
        [&]
        {
            rig.backend.answer = nullptr;
            rig.backend.finds = rig.backend.comesUp = true;
        });
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK_FALSE (rig.session.view()->problem.exists());
}

TEST_CASE ("A match can be cancelled at every stage", "[session]")
{
    Rig rig;
    rig.hearTone();
    const auto isCancelled = [] (const SessionView& view) { return view.match == MatchState::cancelled; };
    SECTION ("while the backend is looked for")
    {
        rig.backend.says = false;
        rig.session.match();
        REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::connecting; }));
        rig.session.cancel();
        REQUIRE (rig.shows (isCancelled));
        rig.backend.change ([&] { rig.backend.says = true; });
        rig.backend.report (rig.backend.connected());
        rig.settle();
        CHECK (starts (rig) == 0);
    }
    SECTION ("before the match has a number")
    {
        rig.backend.change ([&] { rig.backend.finds = false; });
        std::atomic<bool> asked { false }, go { false };
        rig.backend.answer = [&] (const say::Request& request) -> std::optional<say::Answer>
        {
            if (! std::holds_alternative<say::StartMatch> (request))
                return std::nullopt;
            asked = true;
            comesTrue ([&] { return go.load(); });
            return std::nullopt;
        };
        rig.session.match();
        REQUIRE (comesTrue ([&] { return asked.load(); }));
        rig.session.cancel();
        REQUIRE (rig.shows (isCancelled));
        go = true;
        CHECK (comesTrue ([&] { return rig.backend.asked<say::CancelJob>().size() == 1; }));
        CHECK (rig.backend.asked<say::CancelJob>()[0].job == 1);
    }
    SECTION ("while it runs")
    {
        rig.backend.finds = false;
        rig.session.match();
        REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
        rig.session.cancel();
        REQUIRE (rig.shows (isCancelled));
        CHECK (comesTrue ([&] { return rig.backend.asked<say::CancelJob>().size() == 1; }));
        rig.backend.tellRound (1, 1, { 1 }, true); // too late
        rig.backend.tell (say::JobCancelled { 1 });
        rig.settle();
        CHECK (rig.session.view()->candidates.empty());
    }
    CHECK_FALSE (rig.session.view()->problem.exists());
    rig.backend.change ([&] { rig.backend.finds = true; rig.backend.answer = nullptr; });
    rig.session.match();
    CHECK (rig.isDone());
}

TEST_CASE ("Cancelling an improvement keeps what was found", "[session]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    rig.backend.tellRound (1, 1, { 1, 2, 3 }, false);
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::improving; }));
    rig.session.cancel();
    REQUIRE (rig.isDone());
    CHECK (rig.session.view()->candidates.size() == 3);
    rig.session.select (2);
    CHECK (rig.holds (3));
}

TEST_CASE ("A newer match replaces the one that runs; earlier candidates stay until it has some", "[session]")
{
    Rig rig;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    rig.backend.change ([&] { rig.backend.finds = false; });
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    CHECK (rig.session.view()->job == 1);
    rig.session.select (1);
    REQUIRE (rig.holds (2));
    rig.session.match();
    REQUIRE (comesTrue ([&] { return starts (rig) == 3; }));
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    rig.backend.tellRound (2, 1, { 1 }, true); // the replaced one
    rig.backend.tellRound (3, 1, { 4, 5 }, true);
    REQUIRE (rig.holds (4));
    CHECK (rig.session.view()->job == 3);
}

TEST_CASE ("The same sound again is matched with another seed, another sound from the first", "[session]")
{
    Rig rig;
    rig.hearTone();
    for (const auto seed : { 0, 1, 2 })
    {
        rig.session.match();
        REQUIRE (comesTrue ([&] { return starts (rig) == seed + 1; }));
        REQUIRE (rig.isDone());
        CHECK (rig.backend.asked<say::StartMatch>().back().seed == seed);
        CHECK (comesTrue ([&] { return rig.session.view()->seed == seed; }));
    }
    rig.session.clearRegion();
    rig.session.match();
    REQUIRE (comesTrue ([&] { return starts (rig) == 4; }));
    CHECK (rig.backend.asked<say::StartMatch>().back().seed == 0);
}

TEST_CASE ("Locked sections are told, after the Surge XT whose patch they keep", "[session]")
{
    Rig rig;
    rig.hearTone();
    rig.session.setLock (Section::filter, true);
    rig.session.setLock (Section::effects, true);
    rig.session.setLock (Section::osc, true);
    rig.session.setLock (Section::osc, false);
    std::atomic<bool> wasChosen { false };
    rig.backend.answer = [&] (const say::Request& request) -> std::optional<say::Answer>
    {
        if (std::holds_alternative<say::StartMatch> (request))
            wasChosen = ! rig.backend.asked<say::ChooseInstance>().empty();
        return std::nullopt;
    };
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (wasChosen.load());
    CHECK (rig.backend.asked<say::StartMatch>()[0].locks == std::vector<juce::String> { "filter", "effects" });
}
