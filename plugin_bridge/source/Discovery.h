#pragma once

#include "Problem.h"

#include <functional>
#include <optional>

/** Where the user's backend is: backend/userdata.py and backend/discovery.py in C++, for readers. */
namespace synthmatch
{

/** What backend.json says. */
struct Discovery
{
    int pid = 0;
    int port = 0;         // UDP, on 127.0.0.1
    juce::String token;   // that every request carries
    juce::String version; // of Synthmatch
    int protocol = 0;     // version of the protocol that it speaks

    bool operator== (const Discovery& other) const
    {
        return pid == other.pid && port == other.port && token == other.token && version == other.version
               && protocol == other.protocol;
    }
    bool operator!= (const Discovery& other) const { return ! operator== (other); }
};

enum class System { linux_, mac, windows };

/** Gives a variable of the environment; empty if it is not set. */
using Variables = std::function<juce::String (const juce::String& name)>;

/** The path of the user's folder on a system: SYNTHMATCH_DATA, or the system's own place.

    @param home  the user's home folder
*/
juce::String dataFolderPath (System, const juce::String& home, const Variables& variable);

/** A variable of this process's environment; empty if it is not set. */
juce::String environmentVariable (const juce::String& name);

/** The user's folder on this computer; it need not exist. */
juce::File dataFolder();

/** Logs of the backend and of its starts. */
inline juce::File logFolder (const juce::File& dataFolder) { return dataFolder.getChildFile ("logs"); }

/** What a reading of backend.json came to. */
struct DiscoveryReading
{
    std::optional<Discovery> found; // also one that speaks another version
    Problem problem;                // missing, not readable, torn, or of another version
};

/** Read backend.json of a user's folder. What it says may be stale: see `isBackendRunning`. */
DiscoveryReading readDiscovery (const juce::File& dataFolder);

/** What is wrong with the version of the protocol that a backend speaks; no problem if it is ours. */
Problem versionProblem (const Discovery&);

/** Whether a backend holds the lock of a user's folder: it is there, even if it does not talk yet. */
bool isBackendRunning (const juce::File& dataFolder);

/** Whether backend.json still tells of this backend, and it holds the lock. */
bool isStillThere (const juce::File& dataFolder, const Discovery&);

/** Where the user says a backend is: `port token`; nothing if it cannot be read. */
std::optional<Discovery> readAddress (const juce::String&);

} // namespace synthmatch
