#pragma once

#include "BackendSearch.h"
#include "EventOrder.h"
#include "Exchange.h"
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
    void greetAgain();
    void receive();
    void take (const LinkSocket::Received&);
    void allowForSleep (double now);
    void fail (const Problem&);
    void refuseAll (const juce::String& why);
    void report();
    bool isWaitedFor() const;

    BackendLink::Listener& listener;
    LinkSocket& socket;
    const LinkSettings settings;
    const LinkTimes& times;
    Exchange exchange;
    EventOrder order;

    Phase phase = Phase::idle;
    juce::String address;
    LinkReport news;
    std::unique_ptr<BackendSearch> search;
    Discovery backend;     // that we speak with
    Discovery lastBackend; // whose numbers `order` knows
    double leaseS = 0.0;
    std::vector<std::pair<protocol::Request, BackendLink::OnAnswer>> early; // asked before the welcome

    double beganS = 0.0;
    double lookS = 0.0;
    double beatS = 0.0;
    double checkS = 0.0;
    double heardS = 0.0;
    double reportS = 0.0;
    double expectedS = 0.0; // when the next turn was due
    bool beating = false;   // a heartbeat waits for its answer
};

} // namespace synthmatch
