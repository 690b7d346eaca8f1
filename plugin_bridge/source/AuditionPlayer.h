#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace synthmatch
{

/** Plays a sound once in place of the track, with fades of 5 ms on both.

    Sounds are made and freed on the threads that call `play`, `stop` and `isPlaying`; the audio thread only
    borrows them.
*/
class AuditionPlayer
{
public:
    AuditionPlayer();
    ~AuditionPlayer();

    static constexpr double fadeS = 0.005;

    /** While `process` does not run. Another rate than before ends what plays. */
    void setRate (double sampleRateHz);

    /** See AudioEngine::play. Without samples, or before `setRate`, it only stops. */
    void play (std::shared_ptr<const juce::AudioBuffer<float>> sound, double sampleRateHz, float gain);
    void stop();
    bool isPlaying() const;

    /** Replace or mix into a block; untouched where nothing plays. Only for the audio thread. */
    void process (juce::AudioBuffer<float>&) noexcept;

private:
    struct Clip;

    void hand (Clip*);
    void freeFinished() const;
    void takeIncoming() noexcept;
    bool plays (const Clip*) const noexcept;
    bool moveGains() noexcept;
    static void release (Clip*&) noexcept;

    std::atomic<double> rateHz { 0.0 };
    std::atomic<Clip*> incoming { nullptr }; // from the callers to the audio thread

    // Of the callers.
    mutable std::mutex mutex;
    mutable std::vector<std::unique_ptr<Clip>> clips;
    mutable Clip* latest = nullptr;
    std::unique_ptr<Clip> silence; // handed over to stop

    // Of the audio thread.
    Clip* current = nullptr;
    Clip* next = nullptr; // begins when the current one has faded out
    int position = 0;
    float clipGain = 0.0f;
    float trackGain = 1.0f;
    float fadeStep = 1.0f;
    int fadeSamples = 0;

    JUCE_DECLARE_NON_COPYABLE (AuditionPlayer)
};

} // namespace synthmatch
