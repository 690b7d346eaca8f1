#include "CaptureRing.h"

#include "Finite.h"

#include <cmath>

namespace synthmatch
{

namespace
{

static_assert (std::atomic<juce::uint64>::is_always_lock_free, "the audio thread must not wait");
static_assert (std::atomic<float>::is_always_lock_free, "the audio thread must not wait");

juce::uint64 packed (float left, float right) noexcept
{
    std::uint32_t sides[2];
    std::memcpy (&sides[0], &left, 4);
    std::memcpy (&sides[1], &right, 4);
    return (juce::uint64) sides[0] | ((juce::uint64) sides[1] << 32);
}

void unpack (juce::uint64 frame, float& left, float& right) noexcept
{
    const auto first = (std::uint32_t) frame, second = (std::uint32_t) (frame >> 32);
    std::memcpy (&left, &first, 4);
    std::memcpy (&right, &second, 4);
}

size_t stretchesToKeep (double sampleRateHz, int stretch)
{
    return (size_t) std::ceil ((longestLookBackS + ringMarginS) * sampleRateHz / stretch);
}

} // namespace

CaptureRing::CaptureRing (double sampleRateHz, juce::int64 firstPlace)
    : rateHz (sampleRateHz),
      first (firstPlace),
      stretch (juce::jmax (1, juce::roundToInt (sampleRateHz * peakStretchS))),
      frames (stretchesToKeep (sampleRateHz, stretch) * (size_t) stretch),
      peaks (stretchesToKeep (sampleRateHz, stretch)),
      reservedTo (firstPlace),
      written (firstPlace)
{
}

void CaptureRing::write (const float* left, const float* right, int samples) noexcept
{
    jassert (samples <= leftInStretch());
    const auto place = written.load (std::memory_order_relaxed);
    // Nothing of what follows may be seen before this, by whoever exchanges it too.
    reservedTo.exchange (place + samples, std::memory_order_acq_rel);

    if (inStretch == 0)
        for (auto side : { 0, 1 })
        {
            lowest[side] = std::numeric_limits<float>::max();
            highest[side] = std::numeric_limits<float>::lowest();
        }

    // Stretches fill the ring without a rest, so that it never wraps within one.
    auto* frame = frames.data() + nextFrame;
    auto low0 = lowest[0], low1 = lowest[1], high0 = highest[0], high1 = highest[1];
    for (int i = 0; i < samples; ++i)
    {
        const auto sample0 = finiteOrZero (left[i]), sample1 = finiteOrZero (right[i]);
        low0 = juce::jmin (low0, sample0);
        low1 = juce::jmin (low1, sample1);
        high0 = juce::jmax (high0, sample0);
        high1 = juce::jmax (high1, sample1);
        frame[i].store (packed (sample0, sample1), std::memory_order_relaxed);
    }
    if (samples > 0)
        peaks[peakIndex].store (juce::jmax (high0, high1, -low0, -low1), std::memory_order_relaxed);
    lowest[0] = low0;
    lowest[1] = low1;
    highest[0] = high0;
    highest[1] = high1;

    nextFrame += (size_t) samples;
    inStretch += samples;
    if (inStretch == stretch)
    {
        // Halved first: the difference of huge samples must not become infinite.
        lastLevel = juce::jmax (high0 / 2 - low0 / 2, high1 / 2 - low1 / 2);
        inStretch = 0;
        nextFrame %= frames.size();
        peakIndex = (peakIndex + 1) % peaks.size();
    }
    written.store (place + samples, std::memory_order_release);
}

CaptureRing::Copy CaptureRing::copy (juce::int64 start, juce::int64 end) const
{
    const auto oldestKept = [this] (juce::int64 reserved)
    { return juce::jmax (first, reserved - (juce::int64) frames.size()); };

    end = juce::jmin (end, this->end());
    start = juce::jmax (start, oldestKept (reservedTo.load (std::memory_order_relaxed)));
    const auto samples = (int) juce::jmax ((juce::int64) 0, end - start);
    Copy found { juce::AudioBuffer<float> (2, samples), start };
    auto* left = found.audio.getWritePointer (0);
    auto* right = found.audio.getWritePointer (1);
    auto index = (size_t) ((start - first) % (juce::int64) frames.size());
    for (int i = 0; i < samples; ++i)
    {
        unpack (frames[index].load (std::memory_order_relaxed), left[i], right[i]);
        if (++index == frames.size())
            index = 0;
    }

    // Changing nothing, but as a write: whoever reserved what was read above is seen here.
    const auto oldest = oldestKept (reservedTo.fetch_add (0, std::memory_order_acq_rel));
    if (oldest > start)
    {
        const auto lost = (int) juce::jmin ((juce::int64) samples, oldest - start);
        juce::AudioBuffer<float> rest (2, samples - lost);
        for (auto channel : { 0, 1 })
            rest.copyFrom (channel, 0, found.audio, channel, lost, samples - lost);
        found = { std::move (rest), start + lost };
    }
    return found;
}

void CaptureRing::readPeaks (std::vector<float>& found, double seconds) const
{
    const auto count
        = (juce::int64) std::round (juce::jlimit (0.0, longestLookBackS, seconds) * rateHz / stretch);
    const auto stretchesHeard = (end() - first + stretch - 1) / stretch;
    found.assign ((size_t) count, 0.0f);
    for (auto number = juce::jmax ((juce::int64) 0, stretchesHeard - count); number < stretchesHeard;
         ++number)
        found[(size_t) (number - (stretchesHeard - count))]
            = peaks[(size_t) (number % (juce::int64) peaks.size())].load (std::memory_order_relaxed);
}

} // namespace synthmatch
