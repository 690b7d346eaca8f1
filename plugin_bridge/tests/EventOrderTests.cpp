#include "EventOrder.h"

#include <catch2/catch.hpp>

namespace synthmatch
{

namespace
{

const protocol::Event starred = protocol::JobCancelled { 5 };
const protocol::Event progress = protocol::Progress { 5, "render", 0.5f, -1.0f };

protocol::EventHead head (int number, int previous) { return { "my-plugin-1", number, previous }; }

} // namespace

TEST_CASE ("events: those that come too early wait for the one before, doubles are acknowledged again")
{
    EventOrder order;
    CHECK_FALSE (order.take (head (41, 40), starred));
    CHECK_FALSE (order.acknowledgement (head (41, 40), starred));

    order.beginAnew (40);
    CHECK_FALSE (order.take (head (45, 43), starred));
    CHECK_FALSE (order.acknowledgement (head (45, 43), starred));
    CHECK (order.take (head (43, 40), starred));
    CHECK (order.acknowledgement (head (43, 40), starred) == 43);
    CHECK (order.take (head (45, 43), starred));
    CHECK_FALSE (order.take (head (43, 40), starred));
    CHECK (order.acknowledgement (head (43, 40), starred) == 45);
    CHECK_FALSE (order.take (head (45, 43), starred));
    CHECK_FALSE (order.take (head (45, 45), starred));
}

TEST_CASE ("events: progress is taken when it is newer than all, and never acknowledged")
{
    EventOrder order;
    order.beginAnew (40);
    CHECK (order.take (head (42, 40), progress));
    CHECK_FALSE (order.acknowledgement (head (42, 40), progress));
    CHECK_FALSE (order.take (head (42, 40), progress));
    CHECK_FALSE (order.take (head (41, 40), progress));
    CHECK (order.take (head (44, 43), progress));
    CHECK (order.take (head (43, 40), starred));
    CHECK_FALSE (order.take (head (43, 40), progress));
}

TEST_CASE ("events: a new session with the same backend never goes back, another backend begins anew")
{
    EventOrder order;
    order.beginAnew (40);
    REQUIRE (order.take (head (43, 40), starred));
    order.begin (40); // our acknowledgement of 43 was lost
    CHECK (order.take (head (45, 43), starred));
    order.begin (60);
    CHECK (order.take (head (61, 60), starred));

    order.beginAnew (1);
    CHECK (order.take (head (2, 1), progress));
    CHECK (order.take (head (3, 1), starred));
}

} // namespace synthmatch
