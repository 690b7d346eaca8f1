#include "AuditionPlayer.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <limits>

using sounds::Audio;
using synthmatch::AuditionPlayer;

namespace
{

constexpr double rateHz = 48000.0;
constexpr int fade = 240; // 5 ms

std::shared_ptr<const Audio> constant (float value, int samples, int channels = 2)
{
    auto audio = std::make_shared<Audio> (channels, samples);
    for (int channel = 0; channel < channels; ++channel)
        juce::FloatVectorOperations::fill (audio->getWritePointer (channel), value, samples);
    return audio;
}

Audio through (AuditionPlayer& player, const Audio& track, int blockSamples = 64)
{
    return sounds::inBlocks (track, blockSamples, [&] (Audio& block) { player.process (block); });
}

float largestStep (const Audio& audio)
{
    float largest = 0.0f;
    for (int i = 1; i < audio.getNumSamples(); ++i)
        largest = juce::jmax (largest, std::abs (audio.getSample (0, i) - audio.getSample (0, i - 1)));
    return largest;
}

} // namespace

TEST_CASE ("A sound plays in place of the track, then the track is back bit for bit", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    const auto track = *constant (0.5f, 6000);
    CHECK (sounds::sameBits (through (player, track), track));

    const auto blockSamples = GENERATE (1, 64, 1000, 6000);
    player.play (constant (-0.8f, 3000), rateHz, 0.5f);
    CHECK (player.isPlaying());
    const auto out = through (player, track, blockSamples);
    CHECK_FALSE (player.isPlaying());

    CHECK (sounds::sameBits (sounds::part (out, fade, 3000 - 2 * fade - 2),
                             *constant (-0.4f, 3000 - 2 * fade - 2)));
    CHECK (sounds::sameBits (sounds::part (out, 3000 + 2, 2990), sounds::part (track, 0, 2990)));
    CHECK (largestStep (out) < 2.0f * 0.9f / fade);
    CHECK (sounds::sameBits (through (player, track), track));
}

TEST_CASE ("The sound is let go of by the callers' threads, not by the audio thread", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    auto sound = constant (0.1f, 100);
    const std::weak_ptr<const Audio> watched = sound;
    player.play (std::move (sound), rateHz, 1.0f);
    through (player, *constant (0.0f, 1000));
    CHECK_FALSE (watched.expired());
    CHECK_FALSE (player.isPlaying());
    CHECK (watched.expired());
}

TEST_CASE ("Stop fades out; the track is back", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    player.play (constant (0.8f, 100000), rateHz, 1.0f);
    const auto track = *constant (-0.5f, 2000);
    through (player, track);
    player.stop();
    CHECK_FALSE (player.isPlaying());
    const auto out = through (player, track);
    CHECK (out.getSample (0, 0) > 0.7f);
    CHECK (largestStep (out) < 2.0f * 1.3f / fade);
    CHECK (sounds::sameBits (sounds::part (out, fade + 2, 1000), sounds::part (track, 0, 1000)));
    player.stop();
    CHECK (sounds::sameBits (through (player, track), track));
}

TEST_CASE ("A sound that replaces another follows it, and the track stays silent", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    player.play (constant (0.8f, 100000), rateHz, 1.0f);
    const auto track = *constant (-1.0f, 2000);
    through (player, track);
    SECTION ("at once") { player.play (constant (0.3f, 100000), rateHz, 1.0f); }
    SECTION ("and the last one wins, whatever came between")
    {
        player.play (constant (0.4f, 100000), rateHz, 1.0f);
        player.stop();
        player.play (constant (0.3f, 100000), rateHz, 1.0f);
    }
    SECTION ("also while the first fades out")
    {
        player.play (constant (0.4f, 100000), rateHz, 1.0f);
        through (player, sounds::part (track, 0, 100));
        player.play (constant (0.3f, 100000), rateHz, 1.0f);
    }
    CHECK (player.isPlaying());
    const auto out = through (player, track);
    CHECK (player.isPlaying());
    for (int i = 0; i < out.getNumSamples(); ++i)
        REQUIRE (out.getSample (0, i) >= 0.0f);
    CHECK (out.getSample (1, 1999) == 0.3f);
    CHECK (largestStep (out) < 2.0f * 0.8f / fade);
}

TEST_CASE ("A sound shorter than its fades ends too", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    const auto samples = GENERATE (1, 2, 100, fade, 2 * fade - 1);
    player.play (constant (0.9f, samples), rateHz, 1.0f);
    const auto track = *constant (0.5f, 3000);
    const auto out = through (player, track, 7);
    CHECK_FALSE (player.isPlaying());
    CHECK (largestStep (out) < 2.0f * 1.4f / fade);
    CHECK (sounds::sameBits (sounds::part (out, 2000, 1000), sounds::part (track, 2000, 1000)));
}

TEST_CASE ("Sides: mono sounds on both, stereo sounds into mono as their mean, no more than two",
           "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    auto wide = std::make_shared<Audio> (2, 4000);
    juce::FloatVectorOperations::fill (wide->getWritePointer (0), 0.5f, 4000);
    juce::FloatVectorOperations::fill (wide->getWritePointer (1), 0.25f, 4000);
    SECTION ("mono on two")
    {
        player.play (constant (0.5f, 4000, 1), rateHz, 1.0f);
        const auto out = through (player, *constant (0.0f, 1000));
        CHECK (out.getSample (0, 500) == 0.5f);
        CHECK (out.getSample (1, 500) == 0.5f);
    }
    SECTION ("stereo on one")
    {
        player.play (wide, rateHz, 1.0f);
        CHECK (through (player, *constant (0.0f, 1000, 1)).getSample (0, 500) == 0.375f);
    }
    SECTION ("stereo on four")
    {
        player.play (wide, rateHz, 1.0f);
        const auto out = through (player, *constant (0.9f, 1000, 4));
        CHECK (out.getSample (0, 500) == 0.5f);
        CHECK (out.getSample (1, 500) == 0.25f);
        CHECK (out.getSample (2, 500) == 0.0f);
        CHECK (out.getSample (3, 500) == 0.0f);
    }
}

TEST_CASE ("Broken samples of the track are not mixed into what is auditioned", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    player.play (constant (0.5f, 1000), rateHz, 1.0f);
    const auto out = through (player, *constant (std::numeric_limits<float>::quiet_NaN(), 1000));
    for (int i = 0; i < out.getNumSamples(); ++i)
        REQUIRE (std::isfinite (out.getSample (0, i)));
}

TEST_CASE ("A sound of another rate is heard at its own pitch and length", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    const auto sound = std::make_shared<Audio> (sounds::tone (44100.0, 1.0, 441.0, 0.5f));
    player.play (sound, 44100.0, 1.0f);
    const auto out = through (player, *constant (0.0f, 50000));
    CHECK_FALSE (player.isPlaying());
    const auto expected = sounds::tone (rateHz, 1.0, 441.0, 0.5f);
    float largest = 0.0f;
    for (int i = 2000; i < 46000; ++i)
        largest = juce::jmax (largest, std::abs (out.getSample (0, i) - expected.getSample (0, i)));
    CHECK (largest < 0.001f);
    CHECK (out.getMagnitude (0, 48002, 1900) == 0.0f);
}

TEST_CASE ("Another rate ends what plays; the same rate does not", "[audition]")
{
    AuditionPlayer player;
    player.setRate (rateHz);
    player.play (constant (0.5f, 100000), rateHz, 1.0f);
    const auto track = *constant (0.1f, 500);
    SECTION ("seen by the audio thread") { through (player, track); }
    SECTION ("or not yet") {}
    player.setRate (rateHz);
    CHECK (player.isPlaying());
    player.setRate (96000.0);
    CHECK_FALSE (player.isPlaying());
    CHECK (sounds::sameBits (through (player, track), track));
}

TEST_CASE ("Nothing to play plays nothing", "[audition]")
{
    AuditionPlayer player;
    player.play (constant (0.5f, 100), rateHz, 1.0f); // no rate yet
    CHECK_FALSE (player.isPlaying());
    player.setRate (rateHz);
    player.play (nullptr, rateHz, 1.0f);
    player.play (std::make_shared<Audio> (2, 0), rateHz, 1.0f);
    player.play (constant (0.5f, 100), 0.0, 1.0f);
    CHECK_FALSE (player.isPlaying());
    const auto track = sounds::anyBits (500);
    CHECK (sounds::sameBits (through (player, track), track));
    player.play (constant (0.5f, 100), rateHz, 1.0f); // never asked for by the audio thread
    CHECK (player.isPlaying());
    Audio none (2, 0);
    player.process (none);
    CHECK (player.isPlaying());
}
