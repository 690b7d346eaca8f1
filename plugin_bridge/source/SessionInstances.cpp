#include "SessionInstances.h"

#include <algorithm>

namespace synthmatch
{

SessionInstances::SessionInstances (SessionShared& sharedToUse, SessionLink& linkToUse)
    : shared (sharedToUse), link (linkToUse)
{
}

void SessionInstances::refresh()
{
    if (listing)
        return;
    listing = true;
    link.whenConnected (
        [this]
        {
            list (
                [this] (const Problem& fault)
                {
                    listing = false;
                    if (fault.exists())
                        shared.show (About::surge, fault);
                    else if (toldPort != shared.view.chosenPort && isThere (shared.view.chosenPort))
                        prepare ([] (const Problem&) {});
                });
        },
        [this] (const Problem& fault)
        {
            listing = false;
            shared.show (About::surge, fault);
        });
}

void SessionInstances::choose (int port)
{
    if (port < 1 || port > 65535)
        return;
    shared.view.chosenPort = port;
    chosenByHand = true;
    toldPort = 0;
    prepare (
        [this] (const Problem& fault)
        {
            if (fault.exists())
                shared.show (About::surge, fault);
        });
}

void SessionInstances::prepare (OnReady ready)
{
    waiting.push_back (std::move (ready));
    if (preparing)
        return;
    preparing = true;
    link.whenConnected (
        [this]
        {
            const auto port = shared.view.chosenPort;
            if (port != 0 && toldPort == port)
                finish ({});
            else if (isThere (port))
                tell();
            else
                list (
                    [this] (const Problem& fault)
                    {
                        if (fault.exists() || ! isThere (shared.view.chosenPort))
                            finish (fault.exists() ? fault : problem());
                        else
                            tell();
                    });
        },
        [this] (const Problem& fault) { finish (fault); });
}

void SessionInstances::forget()
{
    ++conversation;
    toldPort = 0;
    shared.view.instances.clear();
    shared.view.instancesKnown = false;
}

void SessionInstances::restored()
{
    forget();
    chosenByHand = false;
}

void SessionInstances::list (std::function<void (const Problem&)> done)
{
    link.ask<protocol::Instances> (
        protocol::ListInstances {},
        [this, done] (const protocol::Instances& answer)
        {
            take (answer.instances);
            done ({});
        },
        [done] (const protocol::Refused& refused) { done (problemOf (refused)); });
}

void SessionInstances::take (const std::vector<protocol::Instance>& instances)
{
    auto& view = shared.view;
    view.instances = instances;
    view.instancesKnown = true;
    shared.touched = true;
    if (isThere (view.chosenPort) || instances.empty() || chosenByHand)
        return;
    const auto answers = [] (const protocol::Instance& each) { return each.answers; };
    const auto count = std::count_if (instances.begin(), instances.end(), answers);
    if (count == 1)
        view.chosenPort = std::find_if (instances.begin(), instances.end(), answers)->port;
    else if (instances.size() == 1)
        view.chosenPort = instances.front().port;
}

void SessionInstances::tell()
{
    const auto port = shared.view.chosenPort;
    const auto told = conversation;
    link.ask<protocol::Chosen> (
        protocol::ChooseInstance { port },
        [this, port, told] (const protocol::Chosen&)
        {
            if (port != shared.view.chosenPort || told != conversation) // another was chosen meanwhile
            {
                preparing = false;
                return prepare ([] (const Problem&) {});
            }
            toldPort = port;
            finish ({});
        },
        [this] (const protocol::Refused& refused)
        {
            shared.view.instances.clear(); // it is not there any more
            shared.view.instancesKnown = false;
            finish (problemOf (refused));
        });
}

void SessionInstances::finish (const Problem& fault)
{
    preparing = false;
    shared.touched = true;
    if (! fault.exists())
    {
        shared.clear (About::surge);
        if (onChosen)
            onChosen();
    }
    for (auto& each : std::exchange (waiting, {}))
        each (fault);
}

bool SessionInstances::isThere (int port) const
{
    const auto& instances = shared.view.instances;
    return port != 0
           && std::any_of (instances.begin(), instances.end(),
                           [port] (const auto& each) { return each.port == port; });
}

Problem SessionInstances::problem() const
{
    const auto& view = shared.view;
    if (view.instances.empty())
        return { "No running Surge XT answers.",
                 "Open one in this project and switch on its OSC In: Menu, OSC Settings, Show OSC "
                 "Settings. Until then listen to the presets here." };
    if (view.chosenPort != 0)
        return { "The Surge XT on port " + juce::String (view.chosenPort) + " does not answer any more.",
                 "Choose another one, or switch on its OSC In." };
    return { juce::String ((int) view.instances.size()) + " Surge XT are running.",
             "Choose the one that the presets go to." };
}

} // namespace synthmatch
