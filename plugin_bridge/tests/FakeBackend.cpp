#include "FakeBackend.h"

namespace synthmatch
{

using namespace protocol;

namespace
{

constexpr auto host = "127.0.0.1";
constexpr double repeatMs = 50.0;
constexpr size_t window = 8;

double nowMs() { return juce::Time::getMillisecondCounterHiRes(); }

} // namespace

FakeBackend::FakeBackend (Faults faultsToMake, int seed, int firstNumber)
    : faults (faultsToMake), random (seed), lastNumber (firstNumber), token (juce::Uuid().toString())
{
    socket.bindToPort (0, host);
    thread = std::thread ([this] { run(); });
}

FakeBackend::~FakeBackend()
{
    ending = true;
    thread.join();
}

void FakeBackend::announce (const juce::File& folder, int protocolVersion)
{
    lock.reset();
    lock = std::make_unique<HeldLock> (folder);
    file = folder.getChildFile ("backend.json");
    file.replaceWithText ("{\"pid\": 4711, \"port\": " + juce::String (port()) + ", \"token\": \"" + token
                          + "\", \"version\": \"0.9\", \"protocol\": " + juce::String (protocolVersion)
                          + "}\n");
}

void FakeBackend::withdraw()
{
    file.deleteFile();
    lock.reset();
}

void FakeBackend::die()
{
    hanging = true;
    lock.reset();
}

void FakeBackend::tell (const Event& event)
{
    const std::lock_guard<std::mutex> guard (mutex);

    for (auto& [client, session] : sessions)
        put (client, session, event);
}

void FakeBackend::forgetClients()
{
    const std::lock_guard<std::mutex> guard (mutex);
    sessions.clear();
}

void FakeBackend::sendRaw (const juce::MemoryBlock& bytes)
{
    const std::lock_guard<std::mutex> guard (mutex);

    for (auto& [client, session] : sessions)
        socket.write (host, session.port, bytes.getData(), static_cast<int> (bytes.getSize()));
}

std::vector<juce::String> FakeBackend::clients() const
{
    const std::lock_guard<std::mutex> guard (mutex);
    std::vector<juce::String> names;

    for (const auto& [client, session] : sessions)
        names.push_back (client);

    return names;
}

bool FakeBackend::allAcknowledged() const
{
    const std::lock_guard<std::mutex> guard (mutex);

    for (const auto& [client, session] : sessions)
        if (! session.waiting.empty())
            return false;

    return true;
}

void FakeBackend::answerWith (Answerer newAnswerer)
{
    const std::lock_guard<std::mutex> guard (mutex);
    answerer = std::move (newAnswerer);
}

Answer FakeBackend::usualAnswer (const Request& request)
{
    const auto fraction = modelFraction.load();
    const juce::String state (fraction < 1.0f ? "loading" : "ready");

    if (std::holds_alternative<Hello> (request))
        return Welcome { "0.9", "/folder/audio", state, version, leaseS, 0 };

    if (std::holds_alternative<Heartbeat> (request))
        return Alive { state, fraction };

    if (std::holds_alternative<ListInstances> (request))
        return Instances { { { 53280, "Init Saw", true, false } } };

    if (const auto* choose = std::get_if<ChooseInstance> (&request))
        return Chosen { choose->port };

    if (std::holds_alternative<StartMatch> (request))
        return Queued { ++lastJob, 0 };

    if (const auto* cancel = std::get_if<CancelJob> (&request))
        return Cancelled { cancel->job };

    if (const auto* keep = std::get_if<KeepCandidate> (&request))
        return Kept { keep->path };

    if (std::holds_alternative<Status> (request))
        return ServiceState { 4711, "0.9", state, "cpu", 1, 0, 1.0f, 1.0f };

    if (std::holds_alternative<Bye> (request))
        return Gone {};

    if (std::holds_alternative<StopService> (request))
        return Stopping {};

    return Written { { "verified", "patch", 53280, 0.05f, 1, {}, {} }, 0 };
}

void FakeBackend::run()
{
    std::vector<char> bytes (65536);

    while (! ending)
    {
        if (socket.waitUntilReady (true, 5) == 1)
        {
            juce::String fromHost;
            int from = 0;
            const auto room = static_cast<int> (bytes.size());
            const auto size = socket.read (bytes.data(), room, false, fromHost, from);

            if (size > 0 && ! hanging)
                take (bytes.data(), static_cast<size_t> (size), from);
        }

        if (! hanging)
            repeatEvents();
    }
}

void FakeBackend::take (const void* bytes, size_t size, int from)
{
    ++datagrams;
    const auto message = readMessage<Head, Request> (bytes, size);

    if (! message || message->head.token != token)
        return;

    const auto& [head, request] = *message;
    const auto isHello = std::holds_alternative<Hello> (request);

    if (deaf && ! isHello && ! std::holds_alternative<Heartbeat> (request))
        return;

    const std::lock_guard<std::mutex> guard (mutex);

    if (const auto* ack = std::get_if<Ack> (&request))
        return acknowledge (head, *ack);

    if (isHello)
        greet (head);

    const auto found = sessions.find (head.client);

    if (found == sessions.end() && std::holds_alternative<Bye> (request))
        return answer (head, from, Gone {});

    if (found == sessions.end())
        return answer (head, from, Refused { "session", "the backend does not know this client" });

    auto& session = found->second;
    session.port = from;

    if (head.serial < session.helloSerial)
        return answer (head, from, Refused { "serial", "the request is too old" });

    const auto [at, isNew] = session.answers.try_emplace (head.serial);

    if (isNew)
        return work (head, request, session);

    if (at->second.isEmpty())
        answer (head, from, Working {});
    else
        pass (at->second, from);
}

void FakeBackend::greet (const Head& head)
{
    const auto [at, isNew] = sessions.try_emplace (head.client);

    if (isNew)
    {
        at->second.last = at->second.acknowledged = ++lastNumber;
        at->second.helloSerial = head.serial;
    }
}

void FakeBackend::work (const Head& head, const Request& request, Session& session)
{
    ++doneByKind[request.index()];
    auto said = answerer ? answerer (head, request) : usualAnswer (request);

    if (! said)
        return;

    if (auto* welcome = std::get_if<Welcome> (&*said))
        welcome->number = session.acknowledged;

    const auto datagram = writeOneOf (AnswerHead { head.client, head.serial }, *said).bytes;
    session.answers[head.serial] = datagram;
    pass (datagram, session.port);

    if (std::holds_alternative<StartMatch> (request))
        match (head.client, session);
    else if (std::holds_alternative<Bye> (request))
        sessions.erase (head.client);
}

void FakeBackend::match (const juce::String& client, Session& session)
{
    const EventHead head { client, ++lastNumber, session.last };
    pass (writeOneOf (head, Event { Progress { lastJob, "render", 0.5f, -1.0f } }).bytes, session.port);

    for (int rank = 1; rank <= 2; ++rank)
        put (client, session, CandidateReady { lastJob, rank, rank, {}, 0.5f, 50.0f, "/a.fxp", {}, {} });

    put (client, session, Matched { lastJob, 1, 2, true, {} });
}

void FakeBackend::put (const juce::String& client, Session& session, const Event& event)
{
    const EventHead head { client, ++lastNumber, session.last };
    session.last = head.number;
    session.waiting.push_back ({ head.number, writeOneOf (head, event).bytes, 0.0 });
}

void FakeBackend::acknowledge (const Head& head, const Ack& ack)
{
    const auto found = sessions.find (head.client);

    if (found == sessions.end())
        return;

    auto& session = found->second;
    session.acknowledged = juce::jmax (session.acknowledged, ack.number);

    while (! session.waiting.empty() && session.waiting.front().number <= ack.number)
        session.waiting.erase (session.waiting.begin());
}

void FakeBackend::repeatEvents()
{
    const std::lock_guard<std::mutex> guard (mutex);

    for (auto& [client, session] : sessions)
        for (size_t i = 0; i < juce::jmin (window, session.waiting.size()); ++i)
            if (auto& one = session.waiting[i]; one.dueMs <= nowMs())
            {
                one.dueMs = nowMs() + repeatMs;
                pass (one.datagram, session.port);
            }
}

void FakeBackend::answer (const Head& head, int to, const Answer& said)
{
    pass (writeOneOf (AnswerHead { head.client, head.serial }, said).bytes, to);
}

void FakeBackend::pass (const juce::MemoryBlock& datagram, int to)
{
    const auto send = [this] (const juce::MemoryBlock& bytes, int port) {
        socket.write (host, port, bytes.getData(), static_cast<int> (bytes.getSize()));
    };

    if (random.nextDouble() < faults.lost)
        return;

    if (held.isEmpty() && random.nextDouble() < faults.late)
    {
        held = datagram;
        heldFor = to;
        return;
    }

    send (datagram, to);

    if (random.nextDouble() < faults.doubled)
        send (datagram, to);

    if (const auto late = std::exchange (held, {}); ! late.isEmpty())
        send (late, heldFor);
}

} // namespace synthmatch
