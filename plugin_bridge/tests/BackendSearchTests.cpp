#include "BackendSearch.h"

#include "FakeBackend.h"
#include "Programs.h"
#include "WaitFor.h"

#include <catch2/catch.hpp>

#if ! JUCE_WINDOWS

namespace synthmatch
{

namespace
{

using State = BackendSearch::State;

/** A search in a folder, with a clock that is set by hand. */
struct Rig
{
    BackendSearch::Result look()
    {
        if (search == nullptr)
            search = std::make_unique<BackendSearch> (address, settings, nowS);

        return search->look (nowS);
    }

    /** Look until something else comes of it. */
    BackendSearch::Result lookWhile (State state)
    {
        BackendSearch::Result result;
        REQUIRE (waitFor ([&] {
            result = look();
            return result.state != state;
        }));
        return result;
    }

    static LinkSettings settingsFor (const TemporaryFolder& data)
    {
        LinkSettings settings;
        settings.folder = data.folder();
        settings.variable = variables ({});
        return settings;
    }

    TemporaryFolder data;
    LinkSettings settings { settingsFor (data) };
    juce::String address;
    double nowS = 1000.0;
    std::unique_ptr<BackendSearch> search;
};

} // namespace

TEST_CASE ("search: a backend that runs is found, and none is started")
{
    Rig rig;
    rig.settings.variable = backendIs (rig.data, "touch started");
    FakeBackend backend;
    backend.announce (rig.data.folder());
    const auto result = rig.look();
    REQUIRE (result.state == State::found);
    CHECK (result.found.port == backend.port());
    CHECK_FALSE (rig.data.file ("started").exists());
}

TEST_CASE ("search: where none runs one is started, also beside a file that a killed one left")
{
    const auto isStale = GENERATE (false, true);
    Rig rig;
    rig.settings.variable = backendIs (rig.data, "touch started; " + untilGo);

    if (isStale)
    {
        FakeBackend killed;
        killed.announce (rig.data.folder());
        killed.die();
    }

    CHECK (rig.look().state == State::starting);
    REQUIRE (waitFor ([&] { return rig.data.file ("started").exists(); }));
    rig.data.file ("started").deleteFile();
    CHECK (rig.look().state == State::starting);

    FakeBackend backend;
    backend.announce (rig.data.folder());
    CHECK (rig.look().found.port == backend.port());
    CHECK_FALSE (rig.data.file ("started").exists()); // once is enough
    rig.data.write ("go", {});
}

TEST_CASE ("search: one that somebody else starts is waited for")
{
    Rig rig;
    rig.settings.variable = backendIs (rig.data, "touch started");
    const HeldLock comingUp (rig.data.folder());
    CHECK (rig.look().state == State::starting);
    rig.nowS += 59.0;
    CHECK (rig.look().state == State::starting);
    rig.nowS += 2.0;
    const auto result = rig.look();
    CHECK (result.state == State::failed);
    CHECK (result.problem.sentence.startsWith ("The backend was not ready after 60 s"));
    CHECK_FALSE (rig.data.file ("started").exists());
}

TEST_CASE ("search: why it does not start is told, and where the logs are")
{
    Rig rig;
    rig.settings.variable
        = backendIs (rig.data, "echo warming up; echo 'synthmatch: the disk is full' >&2; exit 2");
    const auto full = rig.lookWhile (State::starting);
    CHECK (full.state == State::failed);
    CHECK (full.problem.sentence == "The backend does not start: the disk is full");
    CHECK (full.problem.nextStep.contains (rig.data.file ("logs").getFullPathName()));

    rig.search.reset();
    rig.settings.variable = backendIs (rig.data, "exit 1");
    CHECK (rig.lookWhile (State::starting).problem.sentence.endsWith ("it ended without a word."));
}

TEST_CASE ("search: one that does not come up is given up with what it said last")
{
    Rig rig;
    rig.settings.variable = backendIs (rig.data, "echo loading; " + untilGo);
    CHECK (rig.look().state == State::starting);
    REQUIRE (waitFor ([&] { return BackendProcess::lastLine (rig.data.folder()) == "loading"; }));
    rig.nowS += 61.0;
    const auto result = rig.look();
    CHECK (result.state == State::failed);
    CHECK (result.problem.sentence == "The backend was not ready after 60 s; the last it said was: loading");
    CHECK (result.problem.nextStep.contains ("logs"));
    rig.data.write ("go", {});
}

TEST_CASE ("search: no program, another version, a damaged file: each is told")
{
    Rig rig;
    CHECK (rig.look().problem.sentence.contains ("not installed"));

    rig.search.reset();
    FakeBackend backend;
    backend.announce (rig.data.folder(), protocol::version + 1);
    const auto foreign = rig.look();
    CHECK (foreign.state == State::failed);
    CHECK (foreign.problem.sentence.contains ("speaks version"));

    rig.search.reset();
    rig.data.write ("backend.json", "{\"pid\": 47");
    CHECK (rig.look().state == State::starting); // it may be just being written
    rig.nowS += 61.0;
    const auto damaged = rig.look();
    CHECK (damaged.state == State::failed);
    CHECK (damaged.problem.sentence.contains ("damaged"));
}

TEST_CASE ("search: an address is taken as it is")
{
    Rig rig;
    rig.address = "40000 " + juce::String::repeatedString ("a", 32);
    const auto found = rig.look();
    CHECK (found.state == State::found);
    CHECK (found.found.port == 40000);

    rig.search.reset();
    rig.address = "localhost:40000";
    const auto wrong = rig.look();
    CHECK (wrong.state == State::failed);
    CHECK (wrong.problem.nextStep.contains ("backend.json"));
}

} // namespace synthmatch

#endif
