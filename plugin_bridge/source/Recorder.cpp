#include "Recorder.h"

#include <cmath>

namespace synthmatch
{

enum class Recorder::Mode : juce::uint64
{
    listening,
    armedTransport,
    armedSound,
    byHand, // these three record, from Word::start on
    byTransport,
    bySound,
    ended // [start, start + length)
};

/** 3 bits of mode, 24 of length, 37 of where it began: at 192 kHz places come round after a week. */
struct Recorder::Word
{
    static constexpr int lengthBits = 24, placeBits = 37;
    static constexpr juce::uint64 lengthMask = (1ull << lengthBits) - 1, placeMask = (1ull << placeBits) - 1;

    Mode mode = Mode::listening;
    juce::int64 start = 0, length = 0;

    static Word of (juce::uint64 bits)
    {
        return { (Mode) (bits >> (lengthBits + placeBits)), (juce::int64) (bits & placeMask),
                 (juce::int64) ((bits >> placeBits) & lengthMask) };
    }

    juce::uint64 bits() const
    {
        return ((juce::uint64) mode << (lengthBits + placeBits)) | ((juce::uint64) length << placeBits)
               | ((juce::uint64) start & placeMask);
    }

    bool records() const
    {
        return mode == Mode::byHand || mode == Mode::byTransport || mode == Mode::bySound;
    }
    bool armed() const { return mode == Mode::armedTransport || mode == Mode::armedSound; }

    /** Samples from the start to a place, which is not before it by more than half of what fits. */
    juce::int64 until (juce::int64 place) const
    {
        const auto distance = (juce::int64) ((juce::uint64) (place - start) & placeMask);
        return distance > (juce::int64) (placeMask >> 1) ? distance - (juce::int64) placeMask - 1 : distance;
    }

    /** This word after its recording has ended at a place; one without samples was none. */
    Word endedAt (juce::int64 end, juce::int64 longest) const
    {
        const auto samples = juce::jlimit ((juce::int64) 0, longest, until (end));
        return samples > 0 ? Word { Mode::ended, start, samples } : Word();
    }
};

template <typename Change>
void Recorder::change (Change next) noexcept
{
    auto bits = word.load (std::memory_order_acquire);
    while (true)
    {
        const auto wanted = next (Word::of (bits)).bits();
        if (wanted == bits || word.compare_exchange_weak (bits, wanted, std::memory_order_acq_rel))
            return;
    }
}

void Recorder::start() noexcept
{
    change ([this] (Word old) { return old.records() ? old : Word { Mode::byHand, now.load(), 0 }; });
}

void Recorder::stop() noexcept
{
    change ([this] (Word old) { return old.records() ? old.endedAt (now.load(), longest.load()) : old; });
}

void Recorder::armTransport() noexcept
{
    change ([] (Word old) { return old.records() ? old : Word { Mode::armedTransport, 0, 0 }; });
}

void Recorder::armSound() noexcept
{
    change ([] (Word old) { return old.records() ? old : Word { Mode::armedSound, 0, 0 }; });
}

void Recorder::disarm() noexcept
{
    change ([] (Word old) { return old.armed() ? Word() : old; });
}

CaptureState Recorder::state() const noexcept
{
    const auto current = Word::of (word.load (std::memory_order_acquire));
    switch (current.mode)
    {
        case Mode::armedTransport: return CaptureState::armedTransport;
        case Mode::armedSound: return CaptureState::armedSound;
        case Mode::ended: return CaptureState::captured;
        case Mode::listening: return CaptureState::listening;
        default: return CaptureState::recording;
    }
}

juce::int64 Recorder::recordedSamples() const noexcept
{
    const auto current = Word::of (word.load (std::memory_order_acquire));
    if (current.records())
        return juce::jlimit ((juce::int64) 0, longest.load(), current.until (now.load()));
    return current.length;
}

std::optional<Recorder::Stretch> Recorder::take() noexcept
{
    Word taken;
    change (
        [&] (Word old)
        {
            taken = old;
            return old.mode == Mode::ended ? Word() : old;
        });
    if (taken.mode != Mode::ended)
        return {};
    const auto start = now.load() - taken.until (now.load());
    return Stretch { start, start + taken.length };
}

void Recorder::suspend() noexcept
{
    wasPlaying = false;
    endAt (Mode::byTransport, now.load());
}

void Recorder::setRate (double sampleRateHz) noexcept
{
    const auto samples = [=] (double seconds) { return (juce::int64) std::llround (seconds * sampleRateHz); };
    longest.store (juce::jmin (samples (longestS), (juce::int64) Word::lengthMask));
    preRoll = samples (preRollS);
    silence = samples (silenceS);
    silenceKept = samples (silenceKeptS);
    wasPlaying = false;
}

void Recorder::transportIs (bool known, bool playing) noexcept
{
    playing = playing && known;
    const auto place = now.load (std::memory_order_relaxed);
    if (playing && ! wasPlaying)
        change ([=] (Word old)
                { return old.mode == Mode::armedTransport ? Word { Mode::byTransport, place, 0 } : old; });
    if (! playing)
        endAt (Mode::byTransport, place);
    wasPlaying = playing;
}

void Recorder::heard (juce::int64 place) noexcept
{
    now.store (place, std::memory_order_release);
    const auto limit = longest.load (std::memory_order_relaxed);
    change ([=] (Word old)
            { return old.records() && old.until (place) >= limit ? old.endedAt (place, limit) : old; });
}

void Recorder::stretchEnded (int samples, float level) noexcept
{
    const auto place = now.load (std::memory_order_relaxed);
    const auto mode = Word::of (word.load (std::memory_order_acquire)).mode;
    if (mode == Mode::armedSound && level >= soundLevel)
    {
        loudest = level;
        lastLoud = place;
        const auto begin = juce::jmax ((juce::int64) 0, place - samples - preRoll);
        change ([=] (Word old) { return old.mode == mode ? Word { Mode::bySound, begin, 0 } : old; });
    }
    else if (mode == Mode::bySound)
    {
        loudest = juce::jmax (loudest, level);
        if (level > juce::jmax (silenceLevel, loudest * silenceShare))
            lastLoud = place;
        else if (place - lastLoud >= silence)
            endAt (Mode::bySound, lastLoud + silenceKept);
    }
}

void Recorder::endAt (Mode mode, juce::int64 end) noexcept
{
    const auto limit = longest.load (std::memory_order_relaxed);
    change ([=] (Word old) { return old.mode == mode ? old.endedAt (end, limit) : old; });
}

} // namespace synthmatch
