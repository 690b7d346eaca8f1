#include "AudioEngine.h"

#include <cmath>
#include <thread>

namespace synthmatch
{

/** Keeps `process` out while the host's other thread changes what it uses. */
struct AudioEngine::InUse
{
    explicit InUse (std::atomic<bool>& flagToHold) noexcept : flag (flagToHold)
    {
        while (flag.exchange (true, std::memory_order_acquire))
            std::this_thread::yield();
    }

    ~InUse() { flag.store (false, std::memory_order_release); }

    std::atomic<bool>& flag;
};

AudioEngine::AudioEngine() = default;
AudioEngine::~AudioEngine() = default;

void AudioEngine::prepare (double sampleRateHz, int)
{
    if (! (sampleRateHz > 0.0))
        return;
    const std::lock_guard<std::mutex> lock (mutex);
    const InUse alone (inUse);
    if (sharedRing == nullptr || sharedRing->sampleRateHz() != sampleRateHz)
    {
        recorder.stop();
        if (const auto stretch = recorder.take())
        {
            kept = copied (*sharedRing, stretch->start, stretch->end);
            hasKept.store (kept != nullptr);
        }
        sharedRing = std::make_shared<CaptureRing> (sampleRateHz, heard.load());
        audioRing = sharedRing.get();
        rateHz.store (sampleRateHz);
    }
    recorder.setRate (sampleRateHz);
    player.setRate (sampleRateHz);
}

void AudioEngine::suspend() noexcept
{
    const InUse alone (inUse);
    recorder.suspend();
}

void AudioEngine::process (juce::AudioBuffer<float>& block, bool transportKnown,
                           bool transportPlaying) noexcept
{
    if (inUse.exchange (true, std::memory_order_acquire))
        return;
    if (audioRing != nullptr)
    {
        knowsTransport.store (transportKnown, std::memory_order_relaxed);
        recorder.transportIs (transportKnown, transportPlaying);
        hear (block, *audioRing);
        player.process (block);
    }
    inUse.store (false, std::memory_order_release);
}

void AudioEngine::hear (const juce::AudioBuffer<float>& block, CaptureRing& ring) noexcept
{
    const auto channels = block.getNumChannels();
    if (channels == 0 || block.getNumSamples() == 0)
        return;
    channelsHeard.store (juce::jmin (2, channels), std::memory_order_relaxed);
    const auto* left = block.getReadPointer (0);
    const auto* right = block.getReadPointer (channels > 1 ? 1 : 0);
    for (int done = 0; done < block.getNumSamples();)
    {
        const auto untilStretchEnds = ring.leftInStretch();
        const auto samples = juce::jmin (untilStretchEnds, block.getNumSamples() - done);
        ring.write (left + done, right + done, samples);
        recorder.heard (ring.end());
        if (samples == untilStretchEnds)
            recorder.stretchEnded (ring.stretchSamples(), ring.stretchLevel());
        done += samples;
    }
    heard.store (ring.end(), std::memory_order_release);
}

double AudioEngine::sampleRateHz() const noexcept { return rateHz.load(); }

juce::int64 AudioEngine::heardSamples() const noexcept { return heard.load(); }

bool AudioEngine::transportKnown() const noexcept { return knowsTransport.load(); }

std::shared_ptr<const CaptureRing> AudioEngine::ring() const
{
    const std::lock_guard<std::mutex> lock (mutex);
    return sharedRing;
}

std::shared_ptr<Region> AudioEngine::copied (const CaptureRing& from, juce::int64 start,
                                             juce::int64 end) const
{
    auto audio = from.copy (start, end).audio;
    if (audio.getNumSamples() == 0)
        return nullptr;
    if (channelsHeard.load() == 1)
        audio.setSize (1, audio.getNumSamples(), true);
    return makeRegion (std::move (audio), from.sampleRateHz(), {});
}

RegionPtr AudioEngine::copyLast (double seconds, const juce::String& name) const
{
    const auto from = ring();
    if (from == nullptr)
        return nullptr;
    const auto samples = std::llround (juce::jlimit (0.0, longestLookBackS, seconds) * from->sampleRateHz());
    const auto end = from->end();
    auto region = copied (*from, end - samples, end);
    if (region != nullptr)
        region->name = name;
    return region;
}

void AudioEngine::readPeaks (std::vector<float>& peaks, double seconds) const
{
    if (const auto from = ring())
        from->readPeaks (peaks, seconds);
    else
        peaks.assign ((size_t) std::lround (juce::jlimit (0.0, longestLookBackS, seconds) / peakStretchS),
                      0.0f);
}

void AudioEngine::startRecording() noexcept { recorder.start(); }
void AudioEngine::stopRecording() noexcept { recorder.stop(); }
void AudioEngine::armTransport() noexcept { recorder.armTransport(); }
void AudioEngine::armSound() noexcept { recorder.armSound(); }
void AudioEngine::disarm() noexcept { recorder.disarm(); }

CaptureState AudioEngine::captureState() const noexcept
{
    const auto state = recorder.state();
    return state == CaptureState::listening && hasKept.load() ? CaptureState::captured : state;
}

double AudioEngine::recordedS() const noexcept
{
    if (recorder.state() == CaptureState::listening && hasKept.load())
    {
        const std::lock_guard<std::mutex> lock (mutex);
        return kept != nullptr ? kept->lengthS() : 0.0;
    }
    const auto rate = rateHz.load();
    return rate > 0.0 ? (double) recorder.recordedSamples() / rate : 0.0;
}

RegionPtr AudioEngine::takeRecording (const juce::String& name)
{
    std::shared_ptr<Region> taken;
    std::shared_ptr<const CaptureRing> from;
    std::optional<Recorder::Stretch> stretch;
    {
        // Stretch and ring belong together: `prepare` must not come between.
        const std::lock_guard<std::mutex> lock (mutex);
        taken = std::move (kept);
        kept = nullptr;
        hasKept.store (false);
        from = sharedRing;
        if (taken == nullptr)
            stretch = recorder.take();
    }
    if (stretch && from != nullptr)
        taken = copied (*from, stretch->start, stretch->end);
    if (taken != nullptr)
        taken->name = name;
    return taken;
}

void AudioEngine::play (std::shared_ptr<const juce::AudioBuffer<float>> sound, double sampleRateHz,
                        float gain)
{
    player.play (std::move (sound), sampleRateHz, gain);
}

void AudioEngine::stopPlaying() { player.stop(); }

bool AudioEngine::isPlaying() const { return player.isPlaying(); }

} // namespace synthmatch
