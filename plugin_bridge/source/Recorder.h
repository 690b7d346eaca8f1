#pragma once

#include "CaptureState.h"

#include <juce_core/juce_core.h>

#include <atomic>
#include <optional>

namespace synthmatch
{

/** Decides where a recording begins and ends; the sound itself is in the ring.

    The whole state is one atomic word, so that a command takes effect at once, even where the host does not
    process. Commands and questions are for any thread, the audio thread too: nothing waits or allocates.
*/
class Recorder
{
public:
    Recorder() = default;

    /** A sound this loud (amplitude, full scale = 1; -46 dB) begins a recording that waits for it. */
    static constexpr float soundLevel = 0.005f;

    /** Quieter than both of these is silence: absolute (-60 dB), and as a share of the loudest (-50 dB). */
    static constexpr float silenceLevel = 0.001f;
    static constexpr float silenceShare = 0.00316f;

    /** What is kept before the first sound, so that attacks are not cut. */
    static constexpr double preRollS = 0.1;

    /** Silence this long ends such a recording, which keeps a little of it. */
    static constexpr double silenceS = 0.5;
    static constexpr double silenceKeptS = 0.1;

    /** Every recording ends by itself at this length. */
    static constexpr double longestS = 30.0;

    /** Begin here. A command that begins or arms does nothing while it records. */
    void start() noexcept;
    void stop() noexcept;
    void armTransport() noexcept;
    void armSound() noexcept;
    /** Back to listening, from being armed. */
    void disarm() noexcept;

    CaptureState state() const noexcept;

    /** Length of the recording that runs or has ended, samples. */
    juce::int64 recordedSamples() const noexcept;

    /** From where to where, [start, end) in places of the ring. */
    struct Stretch
    {
        juce::int64 start = 0;
        juce::int64 end = 0;
    };

    /** The recording that has ended, once. */
    std::optional<Stretch> take() noexcept;

    /** The host has stopped: a recording that follows the transport ends, and the next start is seen. While
        `heard` and its companions do not run.
    */
    void suspend() noexcept;

    /** While `heard` and its companions do not run. */
    void setRate (double sampleRateHz) noexcept;

    //================================================================== only for the audio thread
    /** How the transport is from the current place on. */
    void transportIs (bool known, bool playing) noexcept;

    /** The ring was written up to a place. */
    void heard (juce::int64 place) noexcept;

    /** A stretch of the ring, of the given length, has ended at the current place. */
    void stretchEnded (int samples, float level) noexcept;

private:
    enum class Mode : juce::uint64;
    struct Word;

    template <typename Change>
    void change (Change) noexcept;
    void endAt (Mode, juce::int64 end) noexcept;

    std::atomic<juce::uint64> word { 0 };
    std::atomic<juce::int64> now { 0 };
    std::atomic<juce::int64> longest { 0 }; // samples

    // Of the audio thread.
    bool wasPlaying = false;
    juce::int64 lastLoud = 0;
    float loudest = 0.0f;
    juce::int64 preRoll = 0, silence = 0, silenceKept = 0;

    JUCE_DECLARE_NON_COPYABLE (Recorder)
};

} // namespace synthmatch
