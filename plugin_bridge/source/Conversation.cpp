#include "Conversation.h"

#include "LinkProblems.h"

#include <limits>

namespace synthmatch
{

using namespace protocol;

namespace
{

constexpr auto never = std::numeric_limits<double>::infinity();
constexpr auto closed = "The link to the backend was closed.";
constexpr auto forgotten = "The backend had lost sight of this plugin; a match that ran was given up.";

} // namespace

Conversation::Conversation (BackendLink::Listener& listenerToTell, LinkSocket& socketToUse,
                            const LinkSettings& settingsToUse)
    : listener (listenerToTell), socket (socketToUse), settings (settingsToUse), times (settings.times),
      news (listener, times.reportS), lease (times),
      exchange (times, [this] (const auto& datagram) { socket.send (datagram, backend.port); })
{
    exchange.onUnknown = [this] { sayHello(); };
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
    lookS = nowS();
    search = std::make_unique<BackendSearch> (address, settings, lookS);
    phase = Phase::looking;
    news.begin (lookS);
}

void Conversation::ask (const Request& request, BackendLink::OnAnswer onAnswer)
{
    if (phase == Phase::connected)
        exchange.ask (request, std::move (onAnswer), nowS());
    else if (phase == Phase::looking || phase == Phase::greeting)
        early.emplace_back (request, std::move (onAnswer));
    else if (phase == Phase::failed)
        onAnswer (Refused { "link", news.report().problem });
    else
        onAnswer (Refused { "link", "No backend is connected." });
}

void Conversation::close()
{
    if (phase == Phase::idle)
        return;

    refuseAll (closed);
    leave();
    news.idle (nowS());
}

void Conversation::leave()
{
    exchange.forgetAll();
    early.clear();
    auto gone = phase != Phase::connected && phase != Phase::greeting;
    phase = Phase::idle;

    if (! gone)
        exchange.ask (Bye {}, [&gone] (const Answer&) { gone = true; }, nowS(), times.goodbyeS);

    while (! gone)
    {
        socket.wait (juce::jmax (0.0, exchange.nextDueS() - nowS()));
        receive();
        exchange.tick (nowS());
    }

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
        if (now >= checkS && (lease.isBeatDue (now) || exchange.oldestS (now) >= times.overdueS))
            check (now);

        if (phase == Phase::connected && lease.isBeatDue (now))
            beat (now);
    }

    if (now >= news.nextDueS())
        news.tell (now);

    expectedS = juce::jmax (now, nextDueS());
}

double Conversation::nextDueS() const
{
    if (phase == Phase::idle || phase == Phase::failed)
        return never;

    const auto ownS = phase == Phase::looking    ? lookS
                      : phase == Phase::greeting ? checkS
                                                 : lease.nextBeatS();
    return juce::jmin (exchange.nextDueS(), news.nextDueS(), ownS);
}

void Conversation::allowForSleep (double now)
{
    const auto sleptS = now - expectedS;

    if (phase == Phase::connected && expectedS > 0.0 && sleptS > times.sleptS)
    {
        exchange.postpone (sleptS);
        lease.postpone (sleptS);
    }
}

void Conversation::look (double now)
{
    const auto result = search->look (now);
    lookS = now + times.lookS;

    if (result.state == BackendSearch::State::failed)
        return fail (result.problem);

    if (result.state == BackendSearch::State::starting && news.report().state != LinkState::starting)
        news.starting (now);

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
    sayHello();
}

/** Begin a session; while connected, another one, because the backend has forgotten us. */
void Conversation::sayHello()
{
    const auto again = phase == Phase::connected;
    const auto answered = [this, again] (const Answer& answer) {
        welcome (answer);

        if (again && phase == Phase::connected)
            listener.eventCame (ServiceNews { forgotten });
    };
    exchange.ask (Hello { protocol::version, settings.name }, answered, nowS(), times.greetS);
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
    checkS = now;
    phase = Phase::connected;
    search.reset();
    news.connected (said, now);
    lease.begin (said.leaseS, news.isModelLoading(), now);
    exchange.askAllAgain (now);

    for (auto& [request, onAnswer] : std::exchange (early, {}))
        exchange.ask (request, std::move (onAnswer), now);
}

//======================================================================= staying connected
void Conversation::beat (double now)
{
    lease.beat();
    const auto answered = [this] (const Answer& answer) { takeBeat (answer); };
    exchange.ask (Heartbeat {}, answered, now, lease.seconds());
}

void Conversation::takeBeat (const Answer& answer)
{
    if (phase != Phase::connected)
        return;

    const auto now = nowS();

    if (const auto* alive = std::get_if<Alive> (&answer))
        news.modelIs (*alive, now);
    else if (lease.isSilent (now))
        return fail (problems::silent());

    lease.answered (news.isModelLoading(), now);
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
        lease.heard (nowS());
        exchange.take (answer->head, answer->body, nowS());
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

    lease.heard (nowS());
    const auto taken = order.take (event->head, event->body);

    if (const auto number = order.acknowledgement (event->head, event->body))
        exchange.acknowledge (*number);

    if (taken)
        listener.eventCame (event->body);
}

//======================================================================= the end
void Conversation::fail (const Problem& problem)
{
    phase = Phase::failed;
    search.reset();
    socket.close();
    news.failed (problem, nowS());
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

} // namespace synthmatch
