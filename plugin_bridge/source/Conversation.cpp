#include "Conversation.h"

#include "LinkProblems.h"

#include <limits>

namespace synthmatch
{

using namespace protocol;

namespace
{

constexpr auto never = std::numeric_limits<double>::infinity();
constexpr double shortestLeaseS = 0.2, longestLeaseS = 3600.0;
constexpr auto closed = "The link to the backend was closed.";
constexpr auto forgotten = "The backend had lost sight of this plugin; a match that ran was given up.";

} // namespace

Conversation::Conversation (BackendLink::Listener& listenerToTell, LinkSocket& socketToUse,
                            const LinkSettings& settingsToUse)
    : listener (listenerToTell), socket (socketToUse), settings (settingsToUse), times (settings.times),
      exchange (times, [this] (const auto& datagram) { socket.send (datagram, backend.port); })
{
    exchange.onUnknown = [this] { greetAgain(); };
}

//======================================================================= commands
void Conversation::open (const juce::String& newAddress)
{
    const auto going = phase != Phase::idle && phase != Phase::failed;
    const auto gone = phase == Phase::connected && ! isThere();

    if (going && ! gone && newAddress.trim() == address)
        return;

    if (gone)
        refuseAll (problems::ended().sentence);
    else if (going)
        close();

    address = newAddress.trim();
    beating = false;
    beganS = lookS = nowS();
    search = std::make_unique<BackendSearch> (address, settings, beganS);
    phase = Phase::looking;
    news = {};
    news.state = LinkState::connecting;
    report();
}

void Conversation::ask (const Request& request, BackendLink::OnAnswer onAnswer)
{
    if (phase == Phase::connected)
        exchange.ask (request, std::move (onAnswer), nowS());
    else if (phase == Phase::looking || phase == Phase::greeting)
        early.emplace_back (request, std::move (onAnswer));
    else
        onAnswer (Refused { "link", phase == Phase::failed ? news.problem : "No backend is connected." });
}

void Conversation::close()
{
    if (phase == Phase::idle)
        return;

    refuseAll (closed);
    leave();
    news = {};
    report();
}

void Conversation::leave()
{
    exchange.forgetAll();
    early.clear();
    auto gone = phase != Phase::connected;
    exchange.onUnknown = nullptr;
    phase = Phase::idle;

    if (! gone)
        exchange.ask (Bye {}, [&gone] (const Answer&) { gone = true; }, nowS(), times.goodbyeS);

    while (! gone)
    {
        socket.wait (juce::jmax (0.0, exchange.nextDueS() - nowS()));
        receive();
        exchange.tick (nowS());
    }

    exchange.onUnknown = [this] { greetAgain(); };
    search.reset();
    socket.close();
}

//======================================================================= turns
void Conversation::turn()
{
    allowForSleep (nowS());
    receive();
    exchange.tick (nowS());
    const auto now = nowS();

    if (phase == Phase::looking && now >= lookS)
        look (now);
    else if (phase == Phase::greeting && now >= checkS)
        check (now);
    else if (phase == Phase::connected)
    {
        if (now >= checkS && (now >= beatS || exchange.oldestS (now) >= times.overdueS))
            check (now);

        if (phase == Phase::connected && now >= beatS && ! beating)
            beat (now);
    }

    if (isWaitedFor() && now >= reportS)
        report();

    expectedS = juce::jmax (now, nextDueS());
}

double Conversation::nextDueS() const
{
    if (phase == Phase::idle || phase == Phase::failed)
        return never;

    auto nextS = exchange.nextDueS();

    if (phase == Phase::looking)
        nextS = juce::jmin (nextS, lookS);
    else if (phase == Phase::greeting)
        nextS = juce::jmin (nextS, checkS);
    else if (! beating)
        nextS = juce::jmin (nextS, beatS);

    return isWaitedFor() ? juce::jmin (nextS, reportS) : nextS;
}

bool Conversation::isWaitedFor() const
{
    return phase == Phase::looking || phase == Phase::greeting
           || (phase == Phase::connected && news.model == "loading");
}

void Conversation::allowForSleep (double now)
{
    const auto sleptS = now - expectedS;

    if (phase == Phase::connected && expectedS > 0.0 && sleptS > times.sleptS)
    {
        exchange.postpone (sleptS);
        heardS += sleptS;
    }
}

void Conversation::look (double now)
{
    const auto result = search->look (now);
    lookS = now + times.lookS;

    if (result.state == BackendSearch::State::failed)
        return fail (result.problem);

    if (result.state == BackendSearch::State::starting && news.state != LinkState::starting)
    {
        news.state = LinkState::starting;
        report();
    }

    if (result.state == BackendSearch::State::found)
    {
        backend = result.found;
        greet (now);
    }
}

//======================================================================= greeting
void Conversation::greet (double now)
{
    if (! socket.open())
        return fail (problems::noSocket());

    phase = Phase::greeting;
    checkS = now + times.checkS;
    exchange.setToken (backend.token);
    exchange.ask (
        Hello { protocol::version, settings.name }, [this] (const Answer& answer) { welcome (answer); }, now,
        times.greetS);
}

/** The backend has forgotten us, and holds no session of ours. */
void Conversation::greetAgain()
{
    exchange.ask (
        Hello { protocol::version, settings.name },
        [this] (const Answer& answer) {
            welcome (answer);

            if (phase == Phase::connected)
                listener.eventCame (ServiceNews { forgotten });
        },
        nowS(), times.greetS);
}

void Conversation::welcome (const Answer& answer)
{
    if (const auto* refused = std::get_if<Refused> (&answer))
        return fail (problems::refusedGreeting (*refused, backend, address.isNotEmpty()));

    const auto& said = std::get<Welcome> (answer);
    const auto now = nowS();
    backend.protocol = said.protocol;
    backend.version = address.isEmpty() ? backend.version : said.version;

    if (const auto problem = versionProblem (backend); problem.exists())
        return fail (problem);

    if (backend.port == lastBackend.port && backend.token == lastBackend.token)
        order.begin (said.number);
    else
        order.beginAnew (said.number);

    lastBackend = backend;
    leaseS = juce::jlimit (shortestLeaseS, longestLeaseS, static_cast<double> (said.leaseS));
    heardS = checkS = now;
    beatS = now + (said.state == "loading" ? times.loadingS : leaseS / times.beatsPerLease);
    phase = Phase::connected;
    search.reset();
    news.state = LinkState::connected;
    ++news.greetings;
    news.folder = said.folder;
    news.model = said.state;
    news.modelFraction = said.state == "ready" ? 1.0f : news.modelFraction;
    report();
    exchange.askAllAgain (now);

    for (auto& [request, onAnswer] : std::exchange (early, {}))
        exchange.ask (request, std::move (onAnswer), now);
}

//======================================================================= staying connected
void Conversation::beat (double now)
{
    beating = true;
    exchange.ask (Heartbeat {}, [this] (const Answer& answer) { takeBeat (answer); }, now, leaseS);
}

void Conversation::takeBeat (const Answer& answer)
{
    const auto now = nowS();
    beating = false;
    beatS = now + leaseS / times.beatsPerLease;

    if (phase != Phase::connected)
        return;

    if (const auto* alive = std::get_if<Alive> (&answer))
    {
        const auto changed = news.model != alive->state;
        news.model = alive->state;
        news.modelFraction = alive->fraction;

        if (alive->state == "loading")
            beatS = now + juce::jmin (times.loadingS, leaseS / times.beatsPerLease);

        if (changed)
            report();
    }
    else if (now - heardS >= times.leasesUntilLost * leaseS)
        fail (problems::silent());
}

void Conversation::check (double now)
{
    checkS = now + times.checkS;

    if (isThere())
        return;

    if (phase == Phase::connected)
        return fail (isBackendRunning (settings.folder) ? problems::replaced() : problems::ended());

    exchange.forgetAll(); // it has just ended, or made room for another
    phase = Phase::looking;
    lookS = now;
}

/** Whether the backend that we speak with has not ended, as far as can be seen. */
bool Conversation::isThere() const
{
    return address.isNotEmpty() || isStillThere (settings.folder, backend);
}

//======================================================================= what comes
void Conversation::receive()
{
    for (;;)
    {
        const auto received = socket.read (backend.port);

        if (received.count == 0)
            return;

        take (received);
    }
}

void Conversation::take (const LinkSocket::Received& received)
{
    if (const auto answer = readAnswer (received.bytes, received.count);
        answer && answer->head.client == exchange.client())
    {
        heardS = nowS();
        exchange.take (answer->head, answer->body, heardS);
        return;
    }

    const auto event = readEvent (received.bytes, received.count);

    if (! event || event->head.client != exchange.client())
    {
        ++dropped;
        return;
    }

    if (phase != Phase::connected) // it comes again
        return;

    heardS = nowS();
    const auto taken = order.take (event->head, event->body);

    if (const auto number = order.acknowledgement (event->head, event->body))
        exchange.acknowledge (*number);

    if (taken)
        listener.eventCame (event->body);
}

//======================================================================= news
void Conversation::fail (const Problem& problem)
{
    phase = Phase::failed;
    search.reset();
    socket.close();
    news.state = LinkState::failed;
    news.problem = problem.sentence;
    news.nextStep = problem.nextStep;
    report();
    refuseAll (problem.sentence);
}

/** Answer all that waits. */
void Conversation::refuseAll (const juce::String& why)
{
    const auto unsent = std::exchange (early, {});
    exchange.refuseAll (why);

    for (const auto& [request, onAnswer] : unsent)
        onAnswer (Refused { "link", why });
}

void Conversation::report()
{
    const auto now = nowS();
    reportS = now + times.reportS;

    if (isWaitedFor())
        news.elapsedS = static_cast<float> (now - beganS);

    listener.linkChanged (news);
}

} // namespace synthmatch
