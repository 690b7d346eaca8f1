#pragma once

#include "BackendLink.h"
#include "WaitFor.h"

#include <algorithm>
#include <future>
#include <mutex>

namespace synthmatch
{

/** Code and message of a refusal; empty for another answer. */
inline juce::String refusalIn (const protocol::Answer& answer)
{
    const auto* refused = std::get_if<protocol::Refused> (&answer);
    return refused != nullptr ? refused->code + ": " + refused->message : juce::String();
}

/** Writes down all that a link tells. */
class HeardFromLink final : public BackendLink::Listener
{
public:
    void linkChanged (const LinkReport& report) override
    {
        const std::lock_guard<std::mutex> lock (mutex);
        allReports.push_back (report);
    }

    void eventCame (const protocol::Event& event) override
    {
        const std::lock_guard<std::mutex> lock (mutex);
        allEvents.push_back (event);
    }

    std::vector<LinkReport> reports() const
    {
        const std::lock_guard<std::mutex> lock (mutex);
        return allReports;
    }

    std::vector<protocol::Event> events() const
    {
        const std::lock_guard<std::mutex> lock (mutex);
        return allEvents;
    }

    LinkReport last() const
    {
        const std::lock_guard<std::mutex> lock (mutex);
        return allReports.empty() ? LinkReport {} : allReports.back();
    }

    /** How often a state was reported. */
    size_t count (LinkState state) const
    {
        const auto is = [state] (const LinkReport& report) { return report.state == state; };
        const auto all = reports();
        return static_cast<size_t> (std::count_if (all.begin(), all.end(), is));
    }

    /** Wait until the last report is of a state. */
    bool waitForState (LinkState state) const
    {
        return waitFor ([&] { return last().state == state && ! reports().empty(); });
    }

    /** Ask, and wait for the answer. */
    static protocol::Answer ask (BackendLink& link, const protocol::Request& request)
    {
        auto promise = std::make_shared<std::promise<protocol::Answer>>();
        auto answer = promise->get_future();
        link.ask (request, [promise] (const protocol::Answer& said) { promise->set_value (said); });

        if (answer.wait_for (std::chrono::seconds (120)) != std::future_status::ready)
            return protocol::Refused { "test", "no answer ever came" };

        return answer.get();
    }

private:
    mutable std::mutex mutex;
    std::vector<LinkReport> allReports;
    std::vector<protocol::Event> allEvents;
};

} // namespace synthmatch
