#include "LinkNews.h"

#include "HeardFromLink.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace synthmatch
{

using namespace protocol;

TEST_CASE ("news: every change is told, and how long the user has waited at intervals")
{
    HeardFromLink heard;
    LinkNews news (heard, 0.5);
    CHECK (std::isinf (news.nextDueS()));

    news.begin (1000.0);
    CHECK (heard.last().state == LinkState::connecting);
    CHECK (news.nextDueS() == Approx (1000.5));
    news.starting (1001.0);
    CHECK (heard.last().state == LinkState::starting);
    CHECK (heard.last().elapsedS == Approx (1.0f));
    news.connected (Welcome { "0.9", "/folder", "loading", 2, 15.0f, 1 }, 1002.0);
    CHECK (heard.last().state == LinkState::connected);
    CHECK (heard.last().folder == "/folder");
    CHECK (news.nextDueS() == Approx (1002.5));

    const auto before = heard.reports().size();
    news.modelIs (Alive { "loading", 0.5f }, 1002.1);
    CHECK (heard.reports().size() == before);
    news.tell (1002.5);
    CHECK (heard.last().modelFraction == 0.5f);
    CHECK (heard.last().elapsedS == Approx (2.5f));
    news.modelIs (Alive { "ready", 1.0f }, 1003.0);
    CHECK (heard.last().model == "ready");
    CHECK (std::isinf (news.nextDueS()));
}

TEST_CASE ("news: a failure keeps its sentence until the next try, and greetings are counted on")
{
    HeardFromLink heard;
    LinkNews news (heard, 0.5);
    news.begin (1000.0);
    news.connected (Welcome { "0.9", "/folder", "ready", 2, 15.0f, 1 }, 1001.0);
    CHECK (heard.last().greetings == 1);
    CHECK (heard.last().modelFraction == 1.0f);
    news.failed ({ "It is gone.", "Start it." }, 1100.0);
    CHECK (heard.last().state == LinkState::failed);
    CHECK (heard.last().problem == "It is gone.");
    CHECK (heard.last().nextStep == "Start it.");
    news.begin (1200.0);
    CHECK (heard.last().problem.isEmpty());
    CHECK (heard.last().folder.isEmpty());
    news.connected (Welcome { "0.9", "/folder", "ready", 2, 15.0f, 1 }, 1201.0);
    CHECK (heard.last().greetings == 2);
    news.idle (1202.0);
    CHECK (heard.last().state == LinkState::idle);
}

} // namespace synthmatch
