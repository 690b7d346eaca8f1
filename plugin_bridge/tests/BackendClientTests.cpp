#include "BackendClient.h"

#include "ClientRig.h"

#include <catch2/catch.hpp>

#include <set>

#if ! JUCE_WINDOWS // the fake backend's lock is one of POSIX

namespace synthmatch
{

using namespace protocol;

namespace
{

const StartMatch startMatch { "/folder/audio/a.wav", -1.0f, 2, 0, "surge_full", 0.0f, {}, {} };

/** A backend's answerer that keeps requests of a kind for later, and answers others in the usual way. */
template <typename Kind>
FakeBackend::Answerer keep (FakeBackend& backend, std::function<void (const RequestHead&)> toKeep)
{
    return [&backend, toKeep] (const RequestHead& head,
                               const FakeBackend::Request& request) -> std::optional<Answer> {
        if (! std::holds_alternative<Kind> (request))
            return backend.usualAnswer (request);

        toKeep (head);
        return {};
    };
}

juce::MemoryBlock datagramOf (const RequestHead& head, const Answer& answer)
{
    return writeOneOf (AnswerHead { head.client, head.serial }, answer).bytes;
}

} // namespace

TEST_CASE ("client: it finds the backend, and requests get their answers")
{
    ClientRig rig;
    auto& client = rig.connect();
    CHECK (rig.heard.last().folder == "/folder/audio");
    CHECK (rig.heard.last().model == "ready");
    CHECK (rig.heard.last().problem.isEmpty());

    const auto kept = rig.heard.ask (client, KeepCandidate { 1, 2, "/my/preset.fxp" });
    CHECK (std::get<Kept> (kept).path == "/my/preset.fxp");
    const auto instances = rig.heard.ask (client, ListInstances {});
    CHECK (std::get<Instances> (instances).instances.at (0).patch == "Init Saw");
    CHECK (rig.backend->done<Hello>() == 1);
    CHECK (client.dropped() == 0);
}

TEST_CASE ("client: nothing happens before the first call, and without a connection nothing can be asked")
{
    const TemporaryFolder data;
    const auto folder = data.file ("not made");
    HeardFromLink heard;
    {
        BackendClient client (heard, settingsFor (folder));
        client.close();
    }
    CHECK_FALSE (folder.exists());
    CHECK (heard.reports().empty());

    BackendClient client (heard, settingsFor (folder));
    CHECK (refusalIn (heard.ask (client, Undo {})) == "link: No backend is connected.");
    CHECK_FALSE (folder.exists());
}

TEST_CASE ("client: lost, doubled and late datagrams change nothing")
{
    ClientRig rig ({ 0.2, 0.2, 0.2 });
    auto& client = rig.connect();

    for (int job = 1; job <= 20; ++job)
    {
        CHECK (std::get<Queued> (rig.heard.ask (client, startMatch)).job == job);
        CHECK (std::get<Cancelled> (rig.heard.ask (client, CancelJob { 1000 + job })).job == 1000 + job);
    }

    REQUIRE (waitFor ([&] { return rig.backend->allAcknowledged(); }));
    CHECK (rig.backend->done<StartMatch>() == 20);
    CHECK (rig.backend->done<CancelJob>() == 20);

    const auto rankOf = [] (int rank, int job) { return juce::String (rank) + " of " + juce::String (job); };
    std::vector<juce::String> order, expected;

    for (const auto& event : rig.heard.events())
    {
        if (const auto* candidate = std::get_if<CandidateReady> (&event))
            order.push_back (rankOf (candidate->rank, candidate->job));
        else if (const auto* matched = std::get_if<Matched> (&event))
            order.push_back ("matched " + juce::String (matched->job));
    }

    for (int job = 1; job <= 20; ++job)
    {
        expected.push_back (rankOf (1, job));
        expected.push_back (rankOf (2, job));
        expected.push_back ("matched " + juce::String (job));
    }

    CHECK (order == expected);
}

TEST_CASE ("client: what is damaged, unasked for, or for another instance is dropped and counted")
{
    ClientRig rig;
    auto& client = rig.connect();
    const auto us = rig.backend->clients().at (0);
    const auto news = [] (const juce::String& to, int number, int previous) {
        return writeOneOf (EventHead { to, number, previous }, Event { ServiceNews { "not now" } }).bytes;
    };

    rig.backend->sendRaw (juce::MemoryBlock ("garbage", 7));
    rig.backend->sendRaw (news ("another-client", 1000, 101));
    rig.backend->sendRaw (writeOneOf (AnswerHead { "another-client", 2 }, Answer { Gone {} }).bytes);
    REQUIRE (waitFor ([&] { return client.dropped() == 3; }));

    // Ours, but of no request, and an event before which others are missing.
    rig.backend->sendRaw (writeOneOf (AnswerHead { us, 77 }, Answer { Gone {} }).bytes);
    rig.backend->sendRaw (news (us, 2000, 1999));
    CHECK (std::get<Cancelled> (rig.heard.ask (client, CancelJob { 4 })).job == 4);
    rig.backend->tell (ServiceNews { "for us" });
    REQUIRE (waitFor ([&] { return rig.heard.events().size() == 1; }));
    CHECK (std::get<ServiceNews> (rig.heard.events()[0]).message == "for us");
    CHECK (client.dropped() == 3);
}

TEST_CASE ("client: answers may come in any order")
{
    ClientRig rig;
    std::mutex mutex;
    std::vector<RequestHead> waiting;
    rig.backend->answerWith (keep<CancelJob> (*rig.backend, [&] (const RequestHead& head) {
        const std::lock_guard<std::mutex> lock (mutex);
        waiting.push_back (head);
    }));
    auto& client = rig.connect();
    std::atomic<int> answered { 0 };
    std::array<std::atomic<int>, 3> jobs {};

    for (int job = 1; job <= 3; ++job)
        client.ask (CancelJob { job }, [&, job] (const Answer& answer) {
            jobs[static_cast<size_t> (job - 1)] = std::get<Cancelled> (answer).job;
            ++answered;
        });

    REQUIRE (waitFor ([&] {
        const std::lock_guard<std::mutex> lock (mutex);
        return waiting.size() == 3;
    }));

    for (auto head = waiting.rbegin(); head != waiting.rend(); ++head)
        for (int twice = 0; twice < 2; ++twice)
            rig.backend->sendRaw (datagramOf (*head, Cancelled { head->serial }));

    REQUIRE (waitFor ([&] { return answered == 3; }));
    CHECK (jobs[1] == jobs[0] + 1); // as their serials
    CHECK (jobs[2] == jobs[0] + 2);
}

TEST_CASE ("client: what is not answered in time is refused, and a late answer is no second one")
{
    ClientRig rig;
    rig.settings.times.answerS = 0.2;
    auto& client = rig.connect();
    rig.backend->deaf = true;
    const auto late = refusalIn (rig.heard.ask (client, ListInstances {}));
    CHECK (late == "link: The backend did not answer in time.");
    rig.backend->deaf = false;
    CHECK (std::get<Chosen> (rig.heard.ask (client, ChooseInstance { 53280 })).port == 53280);
    CHECK (rig.heard.last().state == LinkState::connected);
}

TEST_CASE ("client: work that goes on is waited for")
{
    ClientRig rig;
    rig.settings.times.writeS = 0.3;
    std::mutex mutex;
    RequestHead waiting;
    rig.backend->answerWith (keep<WriteCandidate> (*rig.backend, [&] (const RequestHead& head) {
        const std::lock_guard<std::mutex> lock (mutex);
        waiting = head;
    }));
    auto& client = rig.connect();
    std::atomic<bool> written { false }, answered { false };
    client.ask (WriteCandidate { 1, 2 }, [&] (const Answer& answer) {
        written = std::holds_alternative<Written> (answer);
        answered = true;
    });

    const auto before = rig.backend->datagrams.load();
    REQUIRE (waitFor ([&] { return answered || rig.backend->datagrams > before + 20; })); // longer than 0.3 s
    REQUIRE_FALSE (answered);
    const auto head = [&] {
        const std::lock_guard<std::mutex> lock (mutex);
        return waiting;
    }();
    rig.backend->sendRaw (datagramOf (head, rig.backend->usualAnswer (WriteCandidate {})));
    REQUIRE (waitFor ([&] { return answered.load(); }));
    CHECK (written);
}

TEST_CASE ("client: what is asked while the backend is looked for is asked when it is there")
{
    ClientRig rig;
    rig.backend->hanging = true;
    BackendClient client (rig.heard, rig.settings);
    client.open ({});
    std::atomic<int> answered { 0 };
    client.ask (CancelJob { 3 }, [&] (const Answer& answer) { answered = std::get<Cancelled> (answer).job; });
    REQUIRE (rig.heard.waitForState (LinkState::connecting));
    REQUIRE (waitFor ([&] { return rig.heard.last().elapsedS > 0.0f; }));
    CHECK (answered == 0);
    rig.backend->hanging = false;
    REQUIRE (waitFor ([&] { return answered == 3; }));
}

TEST_CASE ("client: a backend that hangs is told, and tried again on demand")
{
    ClientRig rig;
    rig.settings.times.greetS = 0.2;
    rig.backend->hanging = true;
    BackendClient client (rig.heard, rig.settings);
    client.open ({});
    REQUIRE (rig.heard.waitForState (LinkState::failed));
    CHECK (rig.heard.last().problem == "The backend (process 4711) does not answer.");
    CHECK (rig.heard.last().nextStep.contains ("synthmatch stop"));
    CHECK (refusalIn (rig.heard.ask (client, Undo {})) == "link: " + rig.heard.last().problem);

    rig.backend->hanging = false;
    REQUIRE (waitFor ([&] {
        client.open ({});
        return rig.heard.last().state == LinkState::connected;
    }));
    CHECK (rig.heard.last().problem.isEmpty());
}

TEST_CASE ("client: another version of the protocol is told with both numbers, before and after hello")
{
    ClientRig rig;
    rig.backend->announce (rig.data.folder(), protocol::version - 1);
    rig.backend->answerWith ([&] (const auto&, const auto& request) -> std::optional<Answer> {
        if (std::holds_alternative<Hello> (request))
            return Refused { "version", "the backend speaks version 9 of the protocol, and this client 2." };

        return rig.backend->usualAnswer (request);
    });
    BackendClient client (rig.heard, rig.settings);
    client.open ({});
    REQUIRE (rig.heard.waitForState (LinkState::failed));
    CHECK (rig.heard.last().problem.contains ("speaks version " + juce::String (protocol::version - 1)));
    CHECK (rig.heard.last().problem.contains ("this plugin version " + juce::String (protocol::version)));
    CHECK (rig.heard.last().nextStep.contains ("synthmatch stop"));
    CHECK (rig.backend->done<Hello>() == 0);

    client.open (rig.backend->address());
    REQUIRE (waitFor ([&] { return rig.heard.last().problem.startsWith ("The backend speaks version 9"); }));
    CHECK (rig.heard.last().state == LinkState::failed);
}

TEST_CASE ("client: an address leads to a backend elsewhere, and a wrong one is told")
{
    ClientRig rig;
    rig.backend->withdraw();
    rig.settings.times.greetS = 0.2;
    BackendClient client (rig.heard, rig.settings);
    client.open ("somewhere");
    REQUIRE (rig.heard.waitForState (LinkState::failed));
    CHECK (rig.heard.last().problem.contains ("address"));

    client.open (juce::String (rig.backend->port()) + " " + juce::String::repeatedString ("0", 32));
    REQUIRE (waitFor ([&] { return rig.heard.last().problem.contains ("to this token"); }));

    REQUIRE (waitFor ([&] {
        client.open (rig.backend->address());
        return rig.heard.last().state == LinkState::connected;
    }));
    CHECK (std::get<Cancelled> (rig.heard.ask (client, CancelJob { 4 })).job == 4);
}

TEST_CASE ("client: the model's loading is told until it is done")
{
    ClientRig rig;
    rig.settings.times.reportS = 0.02;
    rig.backend->modelFraction = 0.25f;
    rig.connect();
    REQUIRE (waitFor ([&] { return rig.heard.last().modelFraction == 0.25f; }));
    CHECK (rig.heard.last().model == "loading");
    rig.backend->modelFraction = 0.75f;
    REQUIRE (waitFor ([&] { return rig.heard.last().modelFraction == 0.75f; }));
    rig.backend->modelFraction = 1.0f;
    REQUIRE (waitFor ([&] { return rig.heard.last().model == "ready"; }));
    CHECK (rig.heard.last().modelFraction == 1.0f);
}

TEST_CASE ("client: heartbeats keep the lease, and a backend that falls silent is given up after two")
{
    ClientRig rig;
    rig.backend->leaseS = 0.4f;
    auto& client = rig.connect();
    REQUIRE (waitFor ([&] { return rig.backend->done<Heartbeat>() >= 10; }));
    CHECK (rig.heard.last().state == LinkState::connected);

    rig.backend->hanging = true;
    std::atomic<bool> refused { false };
    client.ask (Undo {}, [&] (const Answer& answer) { refused = std::holds_alternative<Refused> (answer); });
    REQUIRE (rig.heard.waitForState (LinkState::failed));
    CHECK (rig.heard.last().problem == "The backend does not answer any more.");
    CHECK (waitFor ([&] { return refused.load(); }));
}

TEST_CASE ("client: a backend that ends or is killed is noticed, and the next one is found")
{
    const auto killed = GENERATE (false, true);
    ClientRig rig;
    auto& client = rig.connect();
    rig.backend->tell (ServiceNews { "of the first" });
    REQUIRE (waitFor ([&] { return rig.heard.events().size() == 1; }));

    killed ? rig.backend->die() : rig.backend->withdraw();
    rig.backend->hanging = true;
    CHECK (refusalIn (rig.heard.ask (client, CancelJob { 1 })) == "link: The backend has ended.");
    CHECK (rig.heard.last().state == LinkState::failed);
    CHECK (rig.heard.last().nextStep.isNotEmpty());

    rig.backend = std::make_unique<FakeBackend> (Faults {}, 1, 0); // its numbers begin lower
    rig.backend->announce (rig.data.folder());
    rig.connect();
    rig.backend->tell (ServiceNews { "of the second" });
    REQUIRE (waitFor ([&] { return rig.heard.events().size() == 2; }));
    CHECK (std::get<ServiceNews> (rig.heard.events()[1]).message == "of the second");
    CHECK (std::get<Cancelled> (rig.heard.ask (client, CancelJob { 2 })).job == 2);
}

TEST_CASE ("client: open looks whether the backend is still there, so that no click is lost")
{
    ClientRig rig;
    rig.settings.times.overdueS = 60.0;
    auto& client = rig.connect();
    rig.backend->die();
    rig.backend = std::make_unique<FakeBackend>();
    rig.backend->announce (rig.data.folder());
    client.open ({});
    CHECK (std::get<Cancelled> (rig.heard.ask (client, CancelJob { 2 })).job == 2);
    CHECK (rig.heard.count (LinkState::failed) == 0);
}

TEST_CASE ("client: a backend that was started anew meanwhile is told apart")
{
    ClientRig rig;
    auto& client = rig.connect();
    rig.backend->die();
    FakeBackend other;
    other.announce (rig.data.folder());
    CHECK (refusalIn (rig.heard.ask (client, CancelJob { 1 })).contains ("started anew"));
}

TEST_CASE ("client: one that is forgotten says hello again, asks anew, and tells the user")
{
    ClientRig rig;
    auto& client = rig.connect();
    rig.heard.ask (client, CancelJob { 1 });
    rig.backend->forgetClients();
    CHECK (std::get<Queued> (rig.heard.ask (client, startMatch)).job == 1);
    REQUIRE (waitFor ([&] { return rig.backend->allAcknowledged() && rig.heard.events().size() >= 4; }));
    CHECK (rig.backend->done<Hello>() == 2);
    CHECK (rig.backend->done<StartMatch>() == 1);
    CHECK (std::holds_alternative<ServiceNews> (rig.heard.events()[0]));
    CHECK (rig.heard.count (LinkState::failed) == 0);
}

TEST_CASE ("client: callbacks may ask, open and close, or be none")
{
    ClientRig rig;
    auto& client = rig.connect();
    client.ask (CancelJob { 7 }, {});
    std::atomic<bool> done { false };
    client.ask (CancelJob { 1 }, [&] (const Answer&) {
        client.ask (CancelJob { 2 }, [&] (const Answer& answer) {
            done = std::get<Cancelled> (answer).job == 2;
            client.close();
            client.open ({});
        });
    });
    REQUIRE (waitFor ([&] { return done && rig.backend->done<Hello>() == 2; }));
    CHECK (rig.backend->done<Bye>() == 1);
    CHECK (rig.heard.waitForState (LinkState::connected));
}

TEST_CASE ("client: closing says goodbye, answers what waits, and goes back to idle")
{
    ClientRig rig;
    auto& client = rig.connect();
    rig.backend->deaf = true;
    std::atomic<bool> refused { false };
    client.ask (Undo {}, [&] (const Answer& answer) { refused = refusalIn (answer).contains ("closed"); });
    REQUIRE (waitFor ([&] { return rig.backend->datagrams > 3; }));
    client.close();
    REQUIRE (rig.heard.waitForState (LinkState::idle));
    CHECK (refused);
    rig.backend->deaf = false;
    rig.connect();
    CHECK (rig.backend->done<Hello>() == 2);
}

TEST_CASE ("client: twenty share one backend, and do not disturb each other")
{
    ClientRig rig ({ 0.05, 0.05, 0.05 });
    constexpr int many = 20, requests = 10;
    std::vector<std::unique_ptr<HeardFromLink>> heard;
    std::vector<std::unique_ptr<BackendClient>> clients;
    std::array<std::atomic<int>, many> right {};

    for (int i = 0; i < many; ++i)
    {
        heard.push_back (std::make_unique<HeardFromLink>());
        clients.push_back (std::make_unique<BackendClient> (*heard.back(), rig.settings));
        clients.back()->open ({});

        for (int n = 1; n <= requests; ++n)
            clients.back()->ask (CancelJob { 1000 * i + n }, [&right, i, n] (const Answer& answer) {
                if (std::get<Cancelled> (answer).job == 1000 * i + n)
                    ++right[static_cast<size_t> (i)];
            });
    }

    for (int i = 0; i < many; ++i)
        CHECK (waitFor ([&] { return right[static_cast<size_t> (i)] == requests; }));

    const auto names = rig.backend->clients();
    CHECK (std::set<juce::String> (names.begin(), names.end()).size() == many);
    rig.backend->tell (ServiceNews { "to all" });

    for (const auto& one : heard)
        CHECK (waitFor ([&] { return one->events().size() == 1; }));

    clients.erase (clients.begin());
    CHECK (waitFor ([&] { return rig.backend->clients().size() == many - 1; }));
    CHECK (std::get<Cancelled> (heard.back()->ask (*clients.back(), CancelJob { 1 })).job == 1);
}

} // namespace synthmatch

#endif
