#include "BackendClient.h"

#include "ClientRig.h"
#include "Programs.h"

#include <catch2/catch.hpp>

#if ! JUCE_WINDOWS

namespace synthmatch
{

using namespace protocol;

namespace
{

constexpr double quickS = 5.0; // a fifth of a second, and what a busy machine takes

/** Destroy the client; nothing may come from it afterwards. */
void destroy (ClientRig& rig)
{
    const auto beforeMs = juce::Time::getMillisecondCounterHiRes();
    rig.client.reset();
    CHECK (juce::Time::getMillisecondCounterHiRes() - beforeMs < 1000.0 * quickS);

    const auto reports = rig.heard.reports().size(), events = rig.heard.events().size();
    rig.backend->tell (ServiceNews { "too late" });
    const auto datagrams = rig.backend->datagrams.load();
    waitFor ([&] { return rig.backend->datagrams > datagrams; }, 0.05);
    CHECK (rig.heard.reports().size() == reports);
    CHECK (rig.heard.events().size() == events);
}

} // namespace

TEST_CASE ("client: a backend is started for it, and outlives it")
{
    ClientRig rig;
    rig.backend->withdraw();
    rig.settings.variable = backendIs (rig.data, "touch started; " + untilGo + "; touch outlived");
    rig.open();
    REQUIRE (waitFor ([&] { return rig.data.file ("started").exists(); }));
    REQUIRE (rig.heard.waitForState (LinkState::starting));
    REQUIRE (waitFor ([&] { return rig.heard.last().elapsedS > 0.0f; }));
    rig.backend->announce (rig.data.folder());
    REQUIRE (rig.heard.waitForState (LinkState::connected));
    destroy (rig);
    rig.data.write ("go", {});
    CHECK (waitFor ([&] { return rig.data.file ("outlived").exists(); }));
}

TEST_CASE ("client: one that cannot be started is told, and what was asked is refused")
{
    ClientRig rig;
    rig.backend->withdraw();
    rig.settings.variable = backendIs (rig.data, "echo 'synthmatch: the disk is full' >&2; exit 2");
    auto& client = rig.open();
    CHECK (refusalIn (rig.heard.ask (client, Undo {})).contains ("the disk is full"));
    CHECK (rig.heard.last().state == LinkState::failed);

    rig.backend->announce (rig.data.folder());
    rig.connect();
}

TEST_CASE ("client: it can be destroyed at any time, and nothing comes from it afterwards")
{
    ClientRig rig;
    rig.settings.times.reportS = 0.01;

    SECTION ("before anything")
    {
        rig.client = std::make_unique<BackendClient> (rig.heard, rig.settings);
        destroy (rig);
    }
    SECTION ("at once after open")
    {
        rig.open();
        destroy (rig);
    }
    SECTION ("while it says hello to a backend that hangs")
    {
        rig.backend->hanging = true;
        rig.open();
        REQUIRE (waitFor ([&] { return rig.heard.reports().size() > 3; }));
        destroy (rig);
    }
    SECTION ("while a backend starts")
    {
        rig.backend->withdraw();
        rig.settings.variable = backendIs (rig.data, untilGo);
        rig.open();
        REQUIRE (rig.heard.waitForState (LinkState::starting));
        destroy (rig);
        rig.data.write ("go", {});
    }
    SECTION ("connected: it says goodbye")
    {
        rig.connect();
        destroy (rig);
        CHECK (rig.backend->done<Bye>() == 1);
        CHECK (rig.backend->clients().empty());
    }
    SECTION ("while answers and events are on their way, which are not told any more")
    {
        auto& client = rig.connect();
        rig.backend->deaf = true;
        std::atomic<int> answered { 0 };

        for (int n = 0; n < 40; ++n)
            client.ask (Undo {}, [&answered] (const Answer&) { ++answered; });

        const auto before = rig.backend->datagrams.load();
        REQUIRE (waitFor ([&] { return rig.backend->datagrams > before + 5; }));
        destroy (rig);
        CHECK (answered == 0);
    }
    SECTION ("while the backend hangs")
    {
        rig.connect();
        rig.backend->hanging = true;
        destroy (rig);
    }
    SECTION ("after it failed")
    {
        rig.connect();
        rig.backend->die();
        rig.client->ask (Undo {}, [] (const Answer&) {});
        REQUIRE (rig.heard.waitForState (LinkState::failed));
        destroy (rig);
    }
    SECTION ("after it was closed")
    {
        rig.connect().close();
        REQUIRE (rig.heard.waitForState (LinkState::idle));
        destroy (rig);
    }
}

TEST_CASE ("client: many come and go")
{
    ClientRig rig;

    for (int round = 0; round < 100; ++round)
    {
        rig.open();

        if (round % 3 == 0)
            REQUIRE (rig.heard.waitForState (LinkState::connected));

        rig.client.reset();
    }

    CHECK (waitFor ([&] { return rig.backend->clients().empty(); }));
}

} // namespace synthmatch

#endif
