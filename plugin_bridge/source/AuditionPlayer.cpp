#include "AuditionPlayer.h"

#include "Finite.h"
#include "Resampler.h"

#include <algorithm>

namespace synthmatch
{

/** A sound on its way to the audio thread and back; the audio thread touches it until `finished`. */
struct AuditionPlayer::Clip
{
    std::shared_ptr<const juce::AudioBuffer<float>> sound; // nullptr: silence
    double rateHz = 0.0;
    float gain = 1.0f;
    std::atomic<bool> finished { false };
};

namespace
{

float towards (float value, bool up, float step) noexcept
{
    return up ? juce::jmin (1.0f, value + step) : juce::jmax (0.0f, value - step);
}

} // namespace

AuditionPlayer::AuditionPlayer() : silence (std::make_unique<Clip>()) {}

AuditionPlayer::~AuditionPlayer() = default;

void AuditionPlayer::setRate (double sampleRateHz)
{
    if (sampleRateHz == rateHz.load())
        return;
    rateHz.store (sampleRateHz);
    auto* waiting = incoming.exchange (nullptr, std::memory_order_acq_rel);
    release (waiting);
    release (current);
    release (next);
    trackGain = 1.0f;
    fadeSamples = juce::jmax (1, juce::roundToInt (fadeS * sampleRateHz));
    fadeStep = 1.0f / (float) fadeSamples;
}

void AuditionPlayer::play (std::shared_ptr<const juce::AudioBuffer<float>> sound, double sampleRateHz,
                           float gain)
{
    const auto wantedHz = rateHz.load();
    if (sound == nullptr || sound->getNumSamples() == 0 || sound->getNumChannels() == 0 || ! (wantedHz > 0.0)
        || ! (sampleRateHz > 0.0))
    {
        stop();
        return;
    }
    auto clip = std::make_unique<Clip>();
    clip->sound
        = sampleRateHz == wantedHz
              ? std::move (sound)
              : std::make_shared<juce::AudioBuffer<float>> (resampled (*sound, sampleRateHz, wantedHz));
    clip->rateHz = wantedHz;
    clip->gain = gain;

    const std::lock_guard<std::mutex> lock (mutex);
    freeFinished();
    latest = clips.emplace_back (std::move (clip)).get();
    hand (latest);
}

void AuditionPlayer::stop()
{
    const std::lock_guard<std::mutex> lock (mutex);
    latest = nullptr;
    hand (silence.get());
    freeFinished();
}

bool AuditionPlayer::isPlaying() const
{
    const std::lock_guard<std::mutex> lock (mutex);
    freeFinished();
    return latest != nullptr;
}

void AuditionPlayer::hand (Clip* clip)
{
    auto* unseen = incoming.exchange (clip, std::memory_order_acq_rel);
    release (unseen);
}

void AuditionPlayer::freeFinished() const
{
    const auto isFinished = [] (const auto& clip) { return clip->finished.load (std::memory_order_acquire); };
    clips.erase (std::remove_if (clips.begin(), clips.end(),
                                 [&] (const auto& clip)
                                 {
                                     if (! isFinished (clip))
                                         return false;
                                     if (latest == clip.get())
                                         latest = nullptr;
                                     return true;
                                 }),
                 clips.end());
}

void AuditionPlayer::release (Clip*& clip) noexcept
{
    if (clip != nullptr)
        clip->finished.store (true, std::memory_order_release);
    clip = nullptr;
}

bool AuditionPlayer::plays (const Clip* clip) const noexcept
{
    return clip != nullptr && clip->sound != nullptr
           && clip->rateHz == rateHz.load (std::memory_order_relaxed);
}

void AuditionPlayer::takeIncoming() noexcept
{
    if (auto* clip = incoming.exchange (nullptr, std::memory_order_acq_rel))
    {
        release (next);
        next = clip;
    }
}

/** One sample further; true while anything but the whole track sounds. */
bool AuditionPlayer::moveGains() noexcept
{
    if (current == nullptr && next != nullptr)
    {
        if (plays (next))
            std::swap (current, next);
        release (next);
        position = 0;
        clipGain = 0.0f;
    }
    const auto leaves = current != nullptr
                        && (next != nullptr || position >= current->sound->getNumSamples() - fadeSamples);
    clipGain = towards (clipGain, current != nullptr && ! leaves, fadeStep);
    trackGain = towards (trackGain, ! (current != nullptr && ! leaves) && ! plays (next), fadeStep);
    if (current != nullptr && leaves && clipGain == 0.0f)
        release (current);
    return current != nullptr || trackGain < 1.0f;
}

void AuditionPlayer::process (juce::AudioBuffer<float>& block) noexcept
{
    takeIncoming();
    if (current == nullptr && next == nullptr && trackGain == 1.0f)
        return;

    const auto outputs = block.getNumChannels();
    for (int i = 0; i < block.getNumSamples() && moveGains(); ++i)
    {
        float sides[2] {};
        if (current != nullptr)
        {
            const auto& sound = *current->sound;
            const auto gain = clipGain * current->gain;
            sides[0] = gain * sound.getSample (0, position);
            sides[1] = sound.getNumChannels() > 1 ? gain * sound.getSample (1, position) : sides[0];
            if (outputs == 1)
                sides[0] = 0.5f * (sides[0] + sides[1]);
            if (++position == sound.getNumSamples())
                release (current);
        }
        for (int channel = 0; channel < outputs; ++channel)
        {
            auto& sample = *block.getWritePointer (channel, i);
            sample = finiteOrZero (sample) * trackGain + (channel < 2 ? sides[channel] : 0.0f);
        }
    }
}

} // namespace synthmatch
