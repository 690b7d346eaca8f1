#pragma once

#include "DetachedProcess.h"
#include "Discovery.h"

namespace synthmatch
{

/** What runs as `synthmatch`, or why nothing does. */
struct FoundProgram
{
    juce::StringArray words; // the program and its first arguments; empty if none was found
    Problem problem;
};

/** Look for the program, in this order:

    1. SYNTHMATCH_BACKEND: a command, or the path of a program;
    2. program.json in the user's folder, where every run of `synthmatch` notes how it was started;
    3. `synthmatch` in PATH, and where installers put it: hosts often have a shorter PATH than terminals.
*/
FoundProgram findProgram (const juce::File& dataFolder, const Variables& variable);

/** A backend that this plugin has started. */
class BackendProcess
{
public:
    /** Start one for a user's folder, detached: it outlives the host. Not for the message or audio thread.

        @param variable  where `findProgram` looks
        @param problem   why there is none, if the result is nullptr
    */
    static std::unique_ptr<BackendProcess> start (const juce::File& dataFolder, const Variables& variable,
                                                  Problem& problem);

    bool hasEnded() const { return process->hasEnded(); }

    /** The last thing that the last start printed, as a backend that cannot start says why; or empty. */
    static juce::String lastLine (const juce::File& dataFolder);

private:
    explicit BackendProcess (std::unique_ptr<DetachedProcess> started) : process (std::move (started)) {}

    std::unique_ptr<DetachedProcess> process;
};

} // namespace synthmatch
