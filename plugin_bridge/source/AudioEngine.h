#pragma once

#include "AuditionPlayer.h"
#include "CaptureRing.h"
#include "CaptureState.h"
#include "Recorder.h"
#include "Region.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace synthmatch
{

/** Everything that happens on the audio thread: look-back ring, recording, audition. One per plugin instance.

    Threads: `process` belongs to the audio thread; `prepare` and `suspend` to the host's other thread. All
    else may be called by any other thread, at any time. The commands of recording (start, stop, arm,
    disarm) neither lock nor allocate, so the audio thread may call them too, between two `process`.
*/
class AudioEngine
{
public:
    AudioEngine();
    ~AudioEngine();

    /** Allocate for a sample rate. With the rate of before, ring, recording and audition go on as they are;
        with another, a running recording is ended and kept, the look-back starts empty and an audition
        ends. A `process` that a faulty host calls meanwhile passes the sound through, unheard.
    */
    void prepare (double sampleRateHz, int maximumBlockSamples);

    /** The host stops processing: a recording that follows the transport ends here. */
    void suspend() noexcept;

    /** Hear a block and pass it on: bit for bit, unless something is auditioned in its place.

        Of more than two channels the first two are heard. Samples that are not finite are passed on, but
        heard as 0. Any number of samples, 0 too.

        @param transportKnown    whether the host tells how its transport is
        @param transportPlaying  whether it plays in this block
    */
    void process (juce::AudioBuffer<float>&, bool transportKnown, bool transportPlaying) noexcept;

    /** 0 before `prepare`. */
    double sampleRateHz() const noexcept;

    /** Samples heard since construction: it stands still while the host does not process. */
    juce::int64 heardSamples() const noexcept;

    /** False where the host does not tell its transport, or has not processed yet: then `armTransport`
        cannot begin a recording.
    */
    bool transportKnown() const noexcept;

    /** The newest sound, at most 30 s; nullptr if nothing was heard yet. */
    RegionPtr copyLast (double seconds, const juce::String& name = "Captured sound") const;

    /** Largest magnitudes of the newest `seconds` (0 to 30), oldest first, one for each 5 ms (peakStretchS).

        As many as the seconds ask for; 0 where nothing was heard yet.
    */
    void readPeaks (std::vector<float>& peaks, double seconds) const;

    void startRecording() noexcept;
    void stopRecording() noexcept;
    void armTransport() noexcept;
    void armSound() noexcept;
    /** Back to listening from being armed; a recording goes on. */
    void disarm() noexcept;

    /** `captured` from the end of a recording until `takeRecording`; a recording in which nothing was heard
        (the host did not process) goes straight back to `listening`.
    */
    CaptureState captureState() const noexcept;

    /** Length of the recording that runs or has ended; 0 without. */
    double recordedS() const noexcept;

    /** The recording, once, after it has ended; else nullptr.

        Take it within 5 s of its end, after which the ring begins to overwrite the longest (30 s). What was
        overwritten is missing at its beginning.
    */
    RegionPtr takeRecording (const juce::String& name = "Captured sound");

    /** Play a sound once in place of the track, with short fades; it replaces one that plays.

        It is resampled here, on the caller's thread, where its rate is not the engine's.

        @param sound  1 or 2 channels, finite; not nullptr
        @param gain   linear
    */
    void play (std::shared_ptr<const juce::AudioBuffer<float>> sound, double sampleRateHz, float gain);
    void stopPlaying();

    /** From `play` until the sound has ended, was stopped, or `prepare` changed the rate. */
    bool isPlaying() const;

private:
    struct InUse;

    void hear (const juce::AudioBuffer<float>&, CaptureRing&) noexcept;
    std::shared_ptr<const CaptureRing> ring() const;
    std::shared_ptr<Region> copied (const CaptureRing&, juce::int64 start, juce::int64 end) const;

    std::atomic<bool> inUse { false }; // `process` tries for it and never waits
    std::atomic<double> rateHz { 0.0 };
    std::atomic<juce::int64> heard { 0 };
    std::atomic<bool> knowsTransport { false };
    std::atomic<int> channelsHeard { 2 };
    Recorder recorder;
    AuditionPlayer player;
    CaptureRing* audioRing = nullptr; // of whoever holds `inUse`

    mutable std::mutex mutex; // never taken by the audio thread
    std::shared_ptr<CaptureRing> sharedRing;
    std::shared_ptr<Region> kept; // a recording that a change of rate has ended
    std::atomic<bool> hasKept { false };

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (AudioEngine)
};

} // namespace synthmatch
