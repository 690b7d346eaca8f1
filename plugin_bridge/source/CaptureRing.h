#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

#include <atomic>
#include <vector>

namespace synthmatch
{

/** How far back the ring can be read, and how much longer it keeps what is being read. */
constexpr double longestLookBackS = 30.0;
constexpr double ringMarginS = 5.0;

/** The stretch for which one peak is kept. */
constexpr double peakStretchS = 0.005;

/** The newest 30 s and a margin of what was heard, in stereo, with peaks for drawing.

    One thread writes and never waits; any number may read. A place is counted in samples since the engine
    began to hear; places rise over all rings of an engine.
*/
class CaptureRing
{
public:
    /** Allocates, and touches all of its memory. */
    CaptureRing (double sampleRateHz, juce::int64 firstPlace);

    double sampleRateHz() const noexcept { return rateHz; }

    /** Samples in a stretch with one peak. */
    int stretchSamples() const noexcept { return stretch; }

    /** Samples until the stretch ends; at least 1. Only for the writing thread. */
    int leftInStretch() const noexcept { return stretch - inStretch; }

    /** Take in samples; those that are not finite become 0. Only the writing thread.

        @param left, right  the same pointer for mono
        @param samples      0 to leftInStretch()
    */
    void write (const float* left, const float* right, int samples) noexcept;

    /** The amplitude of the last whole stretch, blind to a constant offset: half the distance from its lowest
        to its highest sample, on the louder side. Only for the writing thread, after a `write` that ended it.
    */
    float stretchLevel() const noexcept { return lastLevel; }

    /** The place after the newest sample. */
    juce::int64 end() const noexcept { return written.load (std::memory_order_acquire); }

    /** A copy of what the ring held between two places. */
    struct Copy
    {
        juce::AudioBuffer<float> audio; // (2, samples)
        juce::int64 start = 0;
    };

    /** Copy [start, end); shorter at its beginning by what was overwritten already, or meanwhile. */
    Copy copy (juce::int64 start, juce::int64 end) const;

    /** See AudioEngine::readPeaks. */
    void readPeaks (std::vector<float>& peaks, double seconds) const;

private:
    const double rateHz;
    const juce::int64 first;
    const int stretch;

    // Both sides of a frame in one word: a plain move for the processor, no data race for the language.
    std::vector<std::atomic<juce::uint64>> frames;
    std::vector<std::atomic<float>> peaks;

    // Before frames are overwritten they are reserved; a reader looks at it again after it has copied.
    mutable std::atomic<juce::int64> reservedTo;
    std::atomic<juce::int64> written;

    // Of the writing thread.
    size_t nextFrame = 0;
    size_t peakIndex = 0;
    int inStretch = 0;
    float lastLevel = 0.0f;
    float lowest[2] {};
    float highest[2] {};

    JUCE_DECLARE_NON_COPYABLE (CaptureRing)
};

} // namespace synthmatch
