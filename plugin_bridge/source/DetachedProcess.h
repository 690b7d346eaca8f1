#pragma once

#include <juce_core/juce_core.h>

#include <memory>

namespace synthmatch
{

/** What a process is started with. */
struct ProcessStart
{
    juce::StringArray words;         // the program and its arguments
    juce::File folder;               // that it works in
    juce::File log;                  // gets all that it prints; emptied first
    juce::StringPairArray variables; // set in its environment
};

/** A process that belongs to nobody: it outlives the host, takes none of its files, devices, libraries and
    terminals, and is never waited for.

    The Windows side has not been tried yet.
*/
class DetachedProcess
{
public:
    /** Start one; takes milliseconds, and must not be called on the message or audio thread.

        @param fault  why there is none, if the result is nullptr. A program that is not there may also be
                      started, and end with its reason in the log.
    */
    static std::unique_ptr<DetachedProcess> start (const ProcessStart&, juce::String& fault);

    ~DetachedProcess();

    /** Whether it has ended; any thread. */
    bool hasEnded() const;

private:
    struct Native;
    explicit DetachedProcess (std::unique_ptr<Native>);

    std::unique_ptr<Native> native;
};

/** Whether hosts lead programs to their own libraries or Python by this variable, which is not for ours. */
bool isOfHostsOnly (const juce::String& variable);

} // namespace synthmatch
