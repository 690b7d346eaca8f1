#pragma once

#include "BackendLink.h"
#include "LinkSettings.h"

#include <deque>
#include <map>

namespace synthmatch
{

/** The requests of one client: each repeated until answered, or refused in time with the code `link`.

    Without a thread, clock or socket of its own. What it is given to call may call it in turn.
*/
class Exchange
{
public:
    using Send = std::function<void (const juce::MemoryBlock&)>;
    using OnAnswer = BackendLink::OnAnswer;

    Exchange (const LinkTimes&, Send);

    /** From the discovery file; for all requests from now on. */
    void setToken (const juce::String& tokenToUse) { token = tokenToUse; }

    /** Our name: chosen at random, and known to nobody else. */
    const juce::String& client() const { return ourName; }

    /** Ask, as soon as few enough requests are under way.

        @param timeoutS  longest wait for its answer; 0: the usual for its kind
    */
    void ask (const protocol::Request&, OnAnswer, double nowS, double timeoutS = 0.0);

    /** Acknowledge all events up to a number. */
    void acknowledge (int number);

    /** Take an answer; one that nobody waits for is dropped. */
    void take (const protocol::AnswerHead&, const protocol::Answer&, double nowS);

    /** Send what is due, and give up what is overdue. */
    void tick (double nowS);

    /** When `tick` has something to do next; infinity if nothing waits. */
    double nextDueS() const;

    /** How long the oldest request has been waiting for its answer. */
    double oldestS (double nowS) const;

    /** Everything is as much later: the computer slept. */
    void postpone (double seconds);

    /** Called where the backend does not know us any more, before anything is answered: say hello, then
        `askAllAgain`. What waits is held until then.
    */
    std::function<void()> onUnknown;

    /** Ask all that waits anew, because a new session has begun. */
    void askAllAgain (double nowS);

    /** Refuse all that waits. */
    void refuseAll (const juce::String& why);

    /** Forget all that waits, and answer nobody. */
    void forgetAll();

private:
    struct Open
    {
        protocol::Request request;
        OnAnswer onAnswer;
        double timeoutS = 0.0;
        double askedS = 0.0;
        juce::MemoryBlock datagram; // empty until it is sent first
        double untilS = 0.0;
        double latestS = 0.0;
        double repeatS = 0.0;
        double pauseS = 0.0;
        int unknown = 0; // how often it was refused because the backend did not know us
        bool inWork = false;
    };

    bool isHeld (const Open&) const;
    void begin (Open, double nowS);
    juce::String lateness (const Open&) const;
    double timeoutOf (const protocol::Request&) const;

    const juce::String ourName;
    const LinkTimes times;
    const Send send;
    juce::String token;
    int lastSerial = 0;
    bool holding = false;
    std::map<int, Open> open; // by serial
    std::deque<Open> queue;   // not sent yet
};

/** Whether an answer is of the kind that belongs to a request, or a refusal. */
bool isAnswerTo (const protocol::Request&, const protocol::Answer&);

} // namespace synthmatch
