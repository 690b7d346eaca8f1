#pragma once

#include "BackendSearch.h"
#include "EventOrder.h"
#include "Exchange.h"
#include "Lease.h"
#include "LinkNews.h"
#include "LinkSocket.h"

#include <atomic>

namespace synthmatch
{

/** A conversation with the backend, from looking for it to the goodbye: see BackendLink.

    It is all on the link's thread. `turn` does all that is due; it is to be called again when something has
    come, or at `nextDueS`.
*/
class Conversation
{
public:
    Conversation (BackendLink::Listener&, LinkSocket&, const LinkSettings&);

    void open (const juce::String& address);
    void ask (const protocol::Request&, BackendLink::OnAnswer);
    void close();

    /** Say goodbye, if anybody hears it, and tell nobody. */
    void leave();

    void turn();
    double nextDueS() const;

    static double nowS() { return juce::Time::getMillisecondCounterHiRes() / 1000.0; }

    /** Datagrams of the backend that did not fit into the protocol, or were not for us. */
    std::atomic<int> dropped { 0 };

private:
    enum class Phase
    {
        idle,
        looking,
        greeting,
        connected,
        failed
    };

    void look (double now);
    void greet (double now);
    void welcome (const protocol::Answer&);
    void beat (double now);
    void takeBeat (const protocol::Answer&);
    void check (double now);
    bool isThere() const;
    void sayHello();
    void receive();
    void take (const LinkSocket::Received&);
    void allowForSleep (double now);
    void fail (const Problem&);
    void refuseAll (const juce::String& why);

    BackendLink::Listener& listener;
    LinkSocket& socket;
    const LinkSettings settings;
    const LinkTimes& times;
    LinkNews news;
    Lease lease;
    Exchange exchange;
    EventOrder order;

    Phase phase = Phase::idle;
    juce::String address; // of a backend elsewhere; empty: the user's own
    std::unique_ptr<BackendSearch> search;
    Discovery backend;     // that we speak with
    Discovery lastBackend; // whose numbers `order` knows
    std::vector<std::pair<protocol::Request, BackendLink::OnAnswer>> early; // asked before the welcome

    double lookS = 0.0;     // when to look for the backend next
    double checkS = 0.0;    // when to see at the earliest whether it is still there
    double expectedS = 0.0; // when the next turn was due
};

} // namespace synthmatch
