#pragma once

#include "Protocol.h"

#include <algorithm>

namespace synthmatch
{

/** Which events are taken: each starred one once, in the order of numbers, and progress only the newest. */
class EventOrder
{
public:
    /** Expect what comes after a number, from a backend that was not heard before. */
    void beginAnew (int number) { taken = newest = number; }

    /** The same from one that was; its numbers never go back. */
    void begin (int number) { taken = std::max (taken, number); }

    /** Whether to hand on an event that came. */
    bool take (const protocol::EventHead& head, const protocol::Event& event)
    {
        if (std::holds_alternative<protocol::Progress> (event))
        {
            const auto isNewer = head.number > newest;
            newest = std::max (newest, head.number);
            return isNewer;
        }

        if (head.previous != taken || head.number <= taken)
            return false;

        taken = head.number;
        newest = std::max (newest, taken);
        return true;
    }

    /** Up to which number to acknowledge after an event; nothing for progress, or if it came too early. */
    std::optional<int> acknowledgement (const protocol::EventHead& head, const protocol::Event& event) const
    {
        const auto known = head.number <= taken && ! std::holds_alternative<protocol::Progress> (event);
        return known ? std::optional<int> { taken } : std::nullopt;
    }

private:
    int taken = -1;
    int newest = -1;
};

} // namespace synthmatch
