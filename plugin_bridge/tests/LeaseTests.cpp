#include "Lease.h"

#include <catch2/catch.hpp>

namespace synthmatch
{

TEST_CASE ("lease: a heartbeat is due four times in each, and sooner while the model loads")
{
    Lease lease { LinkTimes {} };
    lease.begin (15.0, false, 1000.0);
    CHECK (lease.nextBeatS() == Approx (1003.75));
    CHECK_FALSE (lease.isBeatDue (1003.0));
    CHECK (lease.isBeatDue (1004.0));
    lease.beat();
    CHECK_FALSE (lease.isBeatDue (2000.0));
    lease.answered (true, 1004.0);
    CHECK (lease.nextBeatS() == Approx (1004.5));
}

TEST_CASE ("lease: the backend is silent after two without a word, and sleep does not count")
{
    Lease lease { LinkTimes {} };
    lease.begin (15.0, false, 1000.0);
    CHECK_FALSE (lease.isSilent (1029.0));
    CHECK (lease.isSilent (1030.0));
    lease.heard (1020.0);
    CHECK_FALSE (lease.isSilent (1049.0));
    lease.postpone (3600.0);
    CHECK_FALSE (lease.isSilent (4600.0));
}

TEST_CASE ("lease: one that makes no sense is bounded")
{
    Lease lease { LinkTimes {} };

    for (const auto seconds : { -1.0, 0.0, 1e-9 })
    {
        lease.begin (seconds, false, 1000.0);
        CHECK (lease.nextBeatS() > 1000.01);
    }

    lease.begin (1e30, false, 1000.0);
    CHECK (lease.nextBeatS() < 1000.0 + 3600.0);
}

} // namespace synthmatch
