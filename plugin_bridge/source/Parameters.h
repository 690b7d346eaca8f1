#pragma once

#include "AudioEngine.h"
#include "SessionView.h"

#include <juce_audio_processors/juce_audio_processors.h>

namespace synthmatch
{

/** How hosts are; tests have others. */
struct HostSide
{
    /** Has a task done by the message thread, some time; false if there is none. */
    std::function<bool (std::function<void()>)> callLater { juce::MessageManager::callAsync };

    /** Within this time after it was told a value, a host may say that one again: an echo. Seconds. */
    double echoS = 0.5;
};

/** What hosts and controllers can automate: match, capture, candidate, undo and look_back.

    What is set before the host processes audio for the first time (when it restores a project) is where the
    parameters start from, and does nothing.
*/
class Parameters
{
public:
    /** Adds them to a processor, which then owns them. */
    explicit Parameters (juce::AudioProcessor&, HostSide = {});
    ~Parameters();

    /** Audio thread, before the engine hears a block: recording begins and ends with `capture`. */
    void follow (AudioEngine&) noexcept;

    /** Session's thread: do what was asked for since the last call, and let the parameters show what was done in
        the window.
    */
    void exchange (SessionCommands&);

    /** The message thread, or the one that restores a project: show these values at once, without doing anything. */
    void show (double lookBackS, int candidate);

    /** Largest value of `candidate`. */
    static constexpr int mostCandidates = 16;

private:
    class Trigger;
    class Candidate;
    class LookBack;
    struct Guard;

    void tellHost();

    const HostSide host;

    // Owned by the processor.
    Trigger* matchTrigger;
    juce::AudioParameterBool* capture;
    Candidate* candidate;
    Trigger* undoTrigger;
    LookBack* lookBack;

    std::atomic<bool> processes { false }; // the host has processed audio
    bool wasCapturing = false;             // of the audio thread

    // Of the session's thread.
    std::array<double, mostCandidates + 1> shownAtS; // when each value was last shown by ourselves
    double askedAtS = -1.0e9; // when the host last asked for a candidate
    int shownCandidate = 0;
    double shownLookBackS = usualLookBackS;

    // What the host is to be told, by the message thread.
    std::atomic<int> wantedCandidate { 0 };
    std::atomic<double> wantedLookBackS { usualLookBackS };
    std::atomic<bool> telling { false };
    std::shared_ptr<Guard> guard;

    JUCE_DECLARE_NON_COPYABLE (Parameters)
};

} // namespace synthmatch
