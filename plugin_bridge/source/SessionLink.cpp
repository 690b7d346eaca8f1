#include "SessionLink.h"

namespace synthmatch
{

namespace
{
    Problem gone()
    {
        return { "The backend of Synthmatch does not answer.",
                 "Try again; if that does not help, the log folder says more." };
    }

    bool isOpening (LinkState state)
    {
        return state == LinkState::connecting || state == LinkState::starting;
    }
}

Problem problemOf (const protocol::Refused& refused)
{
    const auto next = refused.code == "busy"    ? "Try again in a moment."
                      : refused.code == "link"  ? "See to it that Surge XT is open and its OSC In is on; "
                                                  "then try again."
                      : refused.code == "fault" ? "Try again; if that does not help, the log folder says more."
                                                : "";
    const auto sentence = refused.message.isNotEmpty() ? refused.message : juce::String ("The backend refuses.");
    return { sentence.substring (0, 1).toUpperCase() + sentence.substring (1), next };
}

SessionLink::SessionLink (SessionShared& sharedToUse, MakeLink make, std::function<void (Task)> postTask)
    : shared (sharedToUse), makeLink (std::move (make)), post (std::move (postTask))
{
}

SessionLink::~SessionLink()
{
    link.reset(); // no callback comes after this
}

void SessionLink::open()
{
    auto& report = shared.view.link;
    if (isConnected() || isOpening (report.state))
        return;
    if (link == nullptr)
        link = makeLink (*this);
    report = {};
    report.state = LinkState::connecting;
    heardS = SessionShared::nowS();
    shared.touched = true;
    link->open (shared.view.address);
}

void SessionLink::reopen()
{
    if (link != nullptr && shared.view.link.state != LinkState::idle)
        link->close();
    showLink ({});
    open();
}

bool SessionLink::isConnected() const
{
    return shared.view.link.state == LinkState::connected;
}

void SessionLink::whenConnected (Task ready, std::function<void (const Problem&)> failed)
{
    open();
    if (isConnected())
        ready();
    else
        waiting.push_back ({ std::move (ready), std::move (failed) });
}

void SessionLink::askAny (const protocol::Request& request, BackendLink::OnAnswer answered)
{
    const auto number = ++lastAsked;
    asked[number] = { std::move (answered), SessionShared::nowS() + shared.times.answerS };
    if (link == nullptr)
        answer (number, protocol::Refused { "link", gone().sentence });
    else
        link->ask (request,
                   [this, number] (const protocol::Answer& what)
                   { post ([this, number, what] { answer (number, what); }); });
}

void SessionLink::answer (int number, const protocol::Answer& what)
{
    const auto found = asked.find (number);
    if (found == asked.end())
        return; // answered already, or given up
    const auto answered = std::move (found->second.answered);
    asked.erase (found);
    answered (what);
}

void SessionLink::linkChanged (const LinkReport& report)
{
    post ([this, report] { take (report); });
}

void SessionLink::eventCame (const protocol::Event& event)
{
    post (
        [this, event]
        {
            if (onEvent)
                onEvent (event);
        });
}

void SessionLink::take (const LinkReport& report)
{
    heardS = SessionShared::nowS();
    showLink (report);
    if (isConnected())
    {
        for (auto& each : std::exchange (waiting, {}))
            post (std::move (each.ready)); // each by itself, so that a fault in one is not one in the others
    }
    else if (report.state == LinkState::failed)
        failWaiting (report.problem.isNotEmpty() ? Problem { report.problem, report.nextStep } : gone());
}

void SessionLink::showLink (const LinkReport& report)
{
    const auto before = std::exchange (shared.view.link, report);
    shared.touched = true;
    if (onChange)
        onChange (before.state != LinkState::connected || ! isConnected() || before.greetings != report.greetings);
}

void SessionLink::tick()
{
    const auto nowS = SessionShared::nowS();
    if (! waiting.empty() && nowS - heardS > shared.times.connectS)
    {
        link->close();
        LinkReport report;
        report.state = LinkState::failed;
        report.problem = gone().sentence;
        report.nextStep = gone().nextStep;
        showLink (report);
        failWaiting (gone());
    }
    std::vector<int> late;
    for (const auto& [number, each] : asked)
        if (nowS > each.untilS)
            late.push_back (number);
    for (const auto number : late)
        answer (number, protocol::Refused { "link", gone().sentence });
}

void SessionLink::failWaiting (const Problem& problem)
{
    for (auto& each : std::exchange (waiting, {}))
        each.failed (problem);
}

} // namespace synthmatch
