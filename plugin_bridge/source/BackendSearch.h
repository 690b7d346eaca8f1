#pragma once

#include "BackendProcess.h"
#include "LinkSettings.h"

namespace synthmatch
{

/** Looks for the user's backend, and starts it where none runs. `look` takes milliseconds, on the link's
    thread, and is called every little while until it is found or cannot be.
*/
class BackendSearch
{
public:
    enum class State
    {
        looking,
        starting, // one comes up: ours, or somebody else's
        found,
        failed
    };
    struct Result
    {
        State state = State::looking;
        Discovery found;
        Problem problem;
    };

    /** @param address  "port token" of a backend elsewhere on this computer, or empty: the user's own */
    BackendSearch (juce::String address, const LinkSettings&, double nowS);

    Result look (double nowS);

private:
    Result fail (const juce::String& sentence, const juce::String& nextStep) const;
    juce::String seeLogs() const;

    const juce::String address;
    const LinkSettings settings;
    const double beganS;
    std::unique_ptr<BackendProcess> process;
};

} // namespace synthmatch
