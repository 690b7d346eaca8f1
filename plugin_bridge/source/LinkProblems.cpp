#include "LinkProblems.h"

namespace synthmatch::problems
{

namespace
{

constexpr auto end = "End it with \"synthmatch stop\" in a terminal, then try again.";

juce::String asSentence (const juce::String& message)
{
    return message.substring (0, 1).toUpperCase() + message.substring (1);
}

} // namespace

Problem refusedGreeting (const protocol::Refused& refused, const Discovery& backend, bool byAddress)
{
    if (refused.code == "version")
        return { asSentence (refused.message), end };

    if (refused.code != "link")
        return { "The backend refuses this plugin: " + refused.message,
                 "Close what else uses it, and try again." };

    if (byAddress)
        return { "No backend answers on port " + juce::String (backend.port) + " to this token.",
                 "Compare both with backend.json in the backend's data folder, or leave the address empty." };

    return { "The backend (process " + juce::String (backend.pid) + ") does not answer.", end };
}

Problem ended() { return { "The backend has ended.", "Click Match to start it again." }; }

Problem replaced()
{
    return { "The backend was started anew; matches of the old one are gone.", "Click Match to go on." };
}

Problem silent()
{
    return { "The backend does not answer any more.", end };
}

Problem noSocket()
{
    return { "No socket can be opened on 127.0.0.1.", "See whether a firewall or a sandbox forbids it." };
}

} // namespace synthmatch::problems
