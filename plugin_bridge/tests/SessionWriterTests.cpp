#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    /** Keeps the backend from answering one kind of request until it is opened. */
    template <typename Kind>
    struct Gate
    {
        explicit Gate (Backend& backend)
        {
            backend.answer = [this] (const say::Request& request) -> std::optional<say::Answer>
            {
                if (std::holds_alternative<Kind> (request))
                {
                    ++waiting;
                    comesTrue ([this] { return open.load(); });
                }
                return std::nullopt;
            };
        }

        std::atomic<bool> open { false };
        std::atomic<int> waiting { 0 };
    };

    struct Matched : Rig
    {
        Matched()
        {
            hearTone();
            session.match();
            REQUIRE (isDone());
            REQUIRE (holds (1));
        }

        int writes() const { return (int) backend.asked<say::WriteCandidate>().size(); }
    };
}

TEST_CASE_METHOD (Matched, "Next and previous go round, and each is confirmed in Surge XT", "[writer]")
{
    for (const auto expected : { 2, 3, 1 })
    {
        session.selectNext();
        REQUIRE (holds (expected));
    }
    for (const auto expected : { 3, 2, 1 })
    {
        session.selectPrevious();
        REQUIRE (holds (expected));
    }
    session.select (2);
    REQUIRE (holds (3));
    session.select (-1);
    session.select (3);
    settle();
    CHECK (holds (3));
}

TEST_CASE_METHOD (Matched, "Undo brings the musician's patch back, once", "[writer]")
{
    session.select (1);
    REQUIRE (holds (2));
    session.undo();
    REQUIRE (shows ([] (const auto& view) { return view.selected == -1 && view.write == WriteState::verified; }));
    CHECK (backend.held (53280) == std::pair<int, int> { 0, 0 });
    CHECK_FALSE (session.view()->canUndo);
    session.undo();
    settle();
    CHECK (backend.asked<say::Undo>().size() == 1);
    session.selectNext();
    REQUIRE (holds (1));
    CHECK (session.view()->canUndo);
}

TEST_CASE ("Of clicks faster than writes, only the newest is written", "[writer]")
{
    Rig rig;
    Gate<say::WriteCandidate> gate (rig.backend);
    rig.hearTone();
    rig.session.match();
    REQUIRE (comesTrue ([&] { return gate.waiting == 1; }));
    for (int i = 0; i < 40; ++i)
        rig.session.selectNext();
    rig.settle();
    CHECK (rig.session.view()->selected == 1);
    CHECK (rig.session.view()->write == WriteState::writing);
    SECTION ("selections")
    {
        gate.open = true;
        REQUIRE (rig.holds (2));
    }
    SECTION ("an undo behind them takes back the one under way")
    {
        rig.session.undo();
        gate.open = true;
        REQUIRE (rig.shows ([] (const auto& view)
                            { return view.selected == -1 && view.write == WriteState::verified; }));
        CHECK (rig.backend.held (53280) == std::pair<int, int> { 0, 0 });
    }
    SECTION ("and a selection behind that is what stays")
    {
        rig.session.undo();
        rig.session.select (2);
        gate.open = true;
        REQUIRE (rig.holds (3));
        CHECK (rig.backend.asked<say::Undo>().empty());
    }
    CHECK (rig.backend.asked<say::WriteCandidate>().size() <= 2);
}

TEST_CASE_METHOD (Matched, "How a write went is shown", "[writer]")
{
    const auto state = GENERATE (std::make_pair ("unverified", WriteState::unverified),
                                 std::make_pair ("queued", WriteState::queued),
                                 std::make_pair ("differs", WriteState::differs));
    backend.change ([&] { backend.writeState = state.first; });
    session.selectNext();
    REQUIRE (shows ([&] (const auto& view) { return view.write == state.second; }));
    CHECK (session.view()->problem.exists() == (state.second == WriteState::differs));
    backend.change ([&] { backend.writeState = "verified"; });
    session.select (1);
    REQUIRE (holds (2));
    CHECK_FALSE (session.view()->problem.exists());
}

TEST_CASE_METHOD (Matched, "A write that fails is told, and the next one works", "[writer]")
{
    backend.change (
        [this]
        {
            backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
            {
                if (std::holds_alternative<say::WriteCandidate> (request))
                    return say::Refused { "output", "the undo folder cannot be written." };
                return std::nullopt;
            };
        });
    session.selectNext();
    REQUIRE (shows ([] (const auto& view) { return view.write == WriteState::failed; }));
    CHECK (session.view()->problem.sentence == "The undo folder cannot be written.");
    CHECK (session.view()->selected == 1);
    backend.change ([this] { backend.answer = nullptr; });
    session.selectNext();
    CHECK (holds (3));
    CHECK_FALSE (session.view()->problem.exists());
}

TEST_CASE_METHOD (Matched, "A backend that forgot what was chosen is told again, and the write is done", "[writer]")
{
    std::atomic<bool> refuse { true };
    backend.change (
        [&]
        {
            backend.answer = [&refuse] (const say::Request& request) -> std::optional<say::Answer>
            {
                if (std::holds_alternative<say::WriteCandidate> (request) && refuse.exchange (false))
                    return say::Refused { "link", "2 Surge XT listen: choose one first." };
                return std::nullopt;
            };
        });
    session.selectNext();
    REQUIRE (holds (2));
    CHECK (backend.asked<say::ChooseInstance>().size() == 2);
    CHECK_FALSE (session.view()->problem.exists());
}

TEST_CASE_METHOD (Matched, "Candidates that the backend has forgotten are told, kept, and found again", "[writer]")
{
    backend.change (
        [this]
        {
            backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
            {
                if (std::holds_alternative<say::WriteCandidate> (request)
                    || std::holds_alternative<say::KeepCandidate> (request))
                    return say::Refused { "service", "match 1 is not among the last 20: match again." };
                return std::nullopt;
            };
        });
    session.selectNext();
    REQUIRE (shows ([] (const auto& view) { return view.outdated; }));
    CHECK (session.view()->write == WriteState::failed);
    CHECK (session.view()->problem.nextStep.contains ("Match"));

    const auto kept = backend.folder.getChildFile ("mine.fxp");
    session.keep (1, kept);
    REQUIRE (shows ([&] (const auto& view) { return view.kept == kept.getFullPathName(); }));
    CHECK (kept.loadFileAsString() == "preset 2 of match 1");

    backend.change ([this] { backend.answer = nullptr; });
    session.match();
    REQUIRE (comesTrue ([this] { return backend.newestJob() == 2; }));
    REQUIRE (holds (1));
    CHECK_FALSE (session.view()->outdated);
    CHECK (backend.asked<say::StartMatch>().back().seed == 0); // the same presets
}

TEST_CASE_METHOD (Matched, "Keep saves a preset and never over another file", "[writer]")
{
    const auto kept = backend.folder.getChildFile ("bell.fxp");
    session.keep (0, kept);
    REQUIRE (shows ([&] (const auto& view) { return view.kept == kept.getFullPathName(); }));
    CHECK (backend.asked<say::KeepCandidate>()[0].candidate == 1);

    backend.change (
        [this]
        {
            backend.answer = [] (const say::Request& request) -> std::optional<say::Answer>
            {
                if (std::holds_alternative<say::KeepCandidate> (request))
                    return say::Refused { "output", "it is there already: choose another name." };
                return std::nullopt;
            };
        });
    session.keep (1, kept);
    REQUIRE (shows ([] (const auto& view) { return view.problem.exists(); }));
    CHECK (kept.loadFileAsString() == "kept");

    backend.change (
        [this]
        {
            backend.answer = [] (const say::Request&) -> std::optional<say::Answer>
            { return say::Refused { "link", "no answer." }; };
        });
    session.keep (1, kept); // the backend is silent, so we do it, as carefully
    REQUIRE (shows ([] (const auto& view) { return view.problem.sentence.contains ("there already"); }));
    CHECK (kept.loadFileAsString() == "kept");
    session.keep (1, backend.folder.getChildFile ("other.txt"));
    REQUIRE (shows ([] (const auto& view) { return view.problem.nextStep.contains (".fxp"); }));
    session.keep (1, backend.folder.getChildFile ("no folder/other.fxp"));
    REQUIRE (shows ([] (const auto& view) { return view.problem.sentence.contains ("cannot be written"); }));
    session.keep (1, backend.folder.getChildFile ("other.fxp"));
    REQUIRE (shows ([] (const auto& view) { return view.kept.endsWith ("other.fxp"); }));
    CHECK_FALSE (session.view()->problem.exists());
}

TEST_CASE ("Without a Surge XT the presets are there, and written as soon as one answers", "[writer]")
{
    Rig rig;
    rig.backend.instances.clear();
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("No running Surge XT"); }));
    auto view = rig.session.view();
    CHECK (view->candidates.size() == 3);
    CHECK (view->selected == 0);
    CHECK (view->write == WriteState::none);
    CHECK (view->instancesKnown);
    CHECK_FALSE (view->canUndo);

    rig.session.selectNext();
    rig.backend.change ([&] { rig.backend.instances = { { 53290, "/patches/Pad", true, false } }; });
    rig.settle();
    rig.session.refreshInstances();
    REQUIRE (rig.holds (2, 53290));
    CHECK_FALSE (rig.session.view()->problem.exists());
}

TEST_CASE ("Of several Surge XT, the musician's choice is written to and remembered", "[writer]")
{
    Rig rig;
    rig.backend.instances = { { 53280, "/patches/Bass", true, false }, { 53290, "/patches/Pad", true, false } };
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("2 Surge XT"); }));
    CHECK (rig.session.view()->chosenPort == 0);
    rig.session.chooseInstance (53290);
    REQUIRE (rig.holds (1, 53290));
    CHECK_FALSE (rig.session.view()->problem.exists());

    rig.session.chooseInstance (53280); // a change of mind writes nothing by itself
    rig.settle();
    CHECK (rig.backend.held (53280) == std::pair<int, int> { 0, 0 });
    rig.session.selectNext();
    REQUIRE (rig.holds (2, 53280));

    rig.backend.change ([&] { rig.backend.instances.erase (rig.backend.instances.begin()); });
    rig.session.selectNext(); // the chosen one is gone: no other is written to by itself
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.exists() && view.write != WriteState::writing; }));
    CHECK (rig.backend.held (53290) == std::pair<int, int> { 1, 1 });
}

TEST_CASE ("Only one of several answers: it is chosen", "[writer]")
{
    Rig rig;
    rig.backend.instances = { { 53280, "", false, false }, { 53290, "/patches/Pad", true, false } };
    rig.hearTone();
    rig.session.match();
    CHECK (rig.holds (1, 53290));
}
