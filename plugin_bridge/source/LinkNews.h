#pragma once

#include "BackendLink.h"
#include "LinkSettings.h"

namespace synthmatch
{

/** What the session is told about the link: at every change, and at intervals while the user waits. */
class LinkNews
{
public:
    LinkNews (BackendLink::Listener& listenerToTell, double everyToReportS)
        : listener (listenerToTell), everyS (everyToReportS)
    {
    }

    const LinkReport& report() const { return news; }

    /** Begin to look for a backend. */
    void begin (double nowS)
    {
        beganS = nowS;
        restart (LinkState::connecting, nowS);
    }

    void starting (double nowS)
    {
        news.state = LinkState::starting;
        tell (nowS);
    }

    void connected (const protocol::Welcome& welcome, double nowS)
    {
        news.state = LinkState::connected;
        ++news.greetings;
        news.folder = welcome.folder;
        news.model = welcome.state;
        news.modelFraction = welcome.state == "ready" ? 1.0f : 0.0f;
        tell (nowS);
    }

    /** Told at once if the model's state is another, else with the next report. */
    void modelIs (const protocol::Alive& alive, double nowS)
    {
        news.modelFraction = alive.fraction;

        if (std::exchange (news.model, alive.state) != alive.state)
            tell (nowS);
    }

    void failed (const Problem& problem, double nowS)
    {
        news.state = LinkState::failed;
        news.problem = problem.sentence;
        news.nextStep = problem.nextStep;
        tell (nowS);
    }

    void idle (double nowS) { restart (LinkState::idle, nowS); }

    bool isModelLoading() const { return news.state == LinkState::connected && news.model == "loading"; }

    /** Whether the user waits for the backend or its model. */
    bool isWaitedFor() const
    {
        return news.state == LinkState::connecting || news.state == LinkState::starting || isModelLoading();
    }

    /** When there is something to tell again; infinity if nobody waits. */
    double nextDueS() const { return isWaitedFor() ? dueS : std::numeric_limits<double>::infinity(); }

    void tell (double nowS)
    {
        dueS = nowS + everyS;

        if (isWaitedFor())
            news.elapsedS = static_cast<float> (nowS - beganS);

        listener.linkChanged (news);
    }

private:
    void restart (LinkState state, double nowS)
    {
        LinkReport fresh;
        fresh.state = state;
        fresh.greetings = news.greetings;
        news = fresh;
        tell (nowS);
    }

    BackendLink::Listener& listener;
    const double everyS;
    LinkReport news;
    double beganS = 0.0;
    double dueS = 0.0;
};

} // namespace synthmatch
