#include "Exchange.h"

#include <limits>
#include <random>

namespace synthmatch
{

using namespace protocol;

namespace
{

/** The backend takes twice as many. */
constexpr size_t maxUnderWay = 16;
constexpr int maxUnknown = 3;

bool needsSession (const Request& request)
{
    return ! std::holds_alternative<Hello> (request) && ! std::holds_alternative<Bye> (request);
}

/** 32 hexadecimal digits. */
juce::String newName()
{
    std::random_device random;
    juce::String name;

    for (int part = 0; part < 4; ++part)
        name << juce::String::toHexString (static_cast<int> (random())).paddedLeft ('0', 8);

    return name;
}

Answer refused (const juce::String& why) { return Refused { "link", why }; }

template <typename Kind>
bool is (const Answer& answer)
{
    return std::holds_alternative<Kind> (answer);
}

struct Fits
{
    const Answer& answer;

    bool operator() (const Hello&) const { return is<Welcome> (answer); }
    bool operator() (const Heartbeat&) const { return is<Alive> (answer); }
    bool operator() (const ListInstances&) const { return is<Instances> (answer); }
    bool operator() (const ChooseInstance&) const { return is<Chosen> (answer); }
    bool operator() (const StartMatch&) const { return is<Queued> (answer); }
    bool operator() (const CancelJob&) const { return is<Cancelled> (answer); }
    bool operator() (const WriteCandidate&) const { return is<Written> (answer); }
    bool operator() (const Undo&) const { return is<Written> (answer); }
    bool operator() (const KeepCandidate&) const { return is<Kept> (answer); }
    bool operator() (const Status&) const { return is<ServiceState> (answer); }
    bool operator() (const StopService&) const { return is<Stopping> (answer); }
    bool operator() (const Bye&) const { return is<Gone> (answer); }
};

} // namespace

bool isAnswerTo (const Request& request, const Answer& answer)
{
    return is<Refused> (answer) || std::visit (Fits { answer }, request);
}

Exchange::Exchange (const LinkTimes& timesToUse, Send sendToUse)
    : ourName (newName()), times (timesToUse), send (std::move (sendToUse))
{
}

void Exchange::ask (const Request& request, OnAnswer onAnswer, double nowS, double timeoutS)
{
    Open one;
    one.request = request;
    one.onAnswer = std::move (onAnswer);
    one.timeoutS = timeoutS > 0.0 ? timeoutS : timeoutOf (request);
    one.askedS = nowS;

    if (isHeld (one) || open.size() >= maxUnderWay)
        queue.push_back (std::move (one));
    else
        begin (std::move (one), nowS);
}

void Exchange::acknowledge (int number)
{
    send (write (RequestHead { token, ourName, 0 }, Ack { number }).bytes);
}

void Exchange::take (const AnswerHead& head, const Answer& answer, double nowS)
{
    const auto found = open.find (head.serial);

    if (found == open.end())
        return;

    auto& one = found->second;

    if (is<Working> (answer))
    {
        one.inWork = true;
        one.untilS = juce::jmin (one.latestS, nowS + one.timeoutS);
        return;
    }

    const auto* refusal = std::get_if<Refused> (&answer);

    const auto isUnknown = refusal != nullptr && refusal->code == "session";

    if (isUnknown && needsSession (one.request) && ++one.unknown < maxUnknown)
    {
        if (! std::exchange (holding, true) && onUnknown)
            onUnknown();

        return;
    }

    const auto done = std::move (one);
    open.erase (found);

    if (isAnswerTo (done.request, answer))
        done.onAnswer (answer);
    else
        done.onAnswer (Refused { "protocol", "The backend gave an answer that does not fit." });
}

void Exchange::tick (double nowS)
{
    while (! queue.empty() && ! holding && open.size() < maxUnderWay)
    {
        auto one = std::move (queue.front());
        queue.pop_front();
        begin (std::move (one), nowS);
    }

    std::vector<Open> late;

    for (auto at = open.begin(); at != open.end();)
    {
        auto& one = at->second;

        if (nowS >= one.untilS)
        {
            late.push_back (std::move (one));
            at = open.erase (at);
            continue;
        }

        if (nowS >= one.repeatS && ! isHeld (one))
        {
            send (one.datagram);
            one.repeatS = nowS + one.pauseS;
            one.pauseS = juce::jmin (2.0 * one.pauseS, times.longestRepeatS);
        }

        ++at;
    }

    for (const auto& one : late)
        one.onAnswer (refused (lateness (one)));
}

double Exchange::nextDueS() const
{
    auto nextS = ! queue.empty() && ! holding && open.size() < maxUnderWay
                     ? 0.0
                     : std::numeric_limits<double>::infinity();

    for (const auto& [serial, one] : open)
        nextS = juce::jmin (nextS, one.untilS, isHeld (one) ? one.untilS : one.repeatS);

    return nextS;
}

double Exchange::oldestS (double nowS) const
{
    auto oldestS = 0.0;

    for (const auto& [serial, one] : open)
        oldestS = juce::jmax (oldestS, one.inWork ? 0.0 : nowS - one.askedS);

    return oldestS;
}

void Exchange::postpone (double seconds)
{
    for (auto& [serial, one] : open)
        for (auto* timeS : { &one.askedS, &one.untilS, &one.latestS })
            *timeS += seconds;
}

void Exchange::askAllAgain (double nowS)
{
    holding = false;
    auto waiting = std::exchange (open, {});

    for (auto at = waiting.rbegin(); at != waiting.rend(); ++at)
        if (needsSession (at->second.request))
            queue.push_front (std::move (at->second));

    tick (nowS);
}

void Exchange::refuseAll (const juce::String& why)
{
    holding = false;
    const auto sent = std::exchange (open, {});
    const auto unsent = std::exchange (queue, {});

    for (const auto& [serial, one] : sent)
        one.onAnswer (refused (why));

    for (const auto& one : unsent)
        one.onAnswer (refused (why));
}

void Exchange::forgetAll()
{
    holding = false;
    open.clear();
    queue.clear();
}

bool Exchange::isHeld (const Open& one) const
{
    return holding && needsSession (one.request);
}

void Exchange::begin (Open one, double nowS)
{
    const auto written = write (RequestHead { token, ourName, ++lastSerial }, one.request);

    if (! written.ok())
    {
        one.onAnswer (Refused { "request", written.fault });
        return;
    }

    one.datagram = written.bytes;
    one.untilS = nowS + one.timeoutS;
    one.latestS = nowS + juce::jmax (one.timeoutS, times.workingS);
    one.repeatS = nowS + times.firstRepeatS;
    one.pauseS = juce::jmin (2.0 * times.firstRepeatS, times.longestRepeatS);
    one.inWork = false;
    send (one.datagram);
    open[lastSerial] = std::move (one);
}

juce::String Exchange::lateness (const Open& one) const
{
    return one.inWork ? "The backend is still at work on what was asked, and was not waited for any longer."
                      : "The backend did not answer in time.";
}

double Exchange::timeoutOf (const Request& request) const
{
    if (std::holds_alternative<WriteCandidate> (request) || std::holds_alternative<Undo> (request))
        return times.writeS;

    return times.answerS;
}

} // namespace synthmatch
