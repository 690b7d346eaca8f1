#include "RegionFile.h"
#include "SoundFiles.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace synthmatch;
using sounds::checkRefused;
using sounds::Folder;
using sounds::wav;
using sounds::written;

TEST_CASE ("Files of each kind are read", "[file]")
{
    const Folder folder;
    const auto tone = sounds::tone (48000.0, 0.5, 440.0, 0.5f);
    const auto nearTone = [&] (const RegionPtr& region, float within)
    {
        REQUIRE (region != nullptr);
        REQUIRE (region->audio.getNumSamples() == tone.getNumSamples());
        for (int i = 0; i < tone.getNumSamples(); ++i)
            REQUIRE (region->audio.getSample (1, i) == Approx (tone.getSample (1, i)).margin (within));
    };
    nearTone (loadRegion (wav (folder.child ("a.WAV"), tone, 48000.0, 16)).region, 1.0e-4f);
    nearTone (loadRegion (wav (folder.child ("b.wav"), tone, 48000.0, 24)).region, 1.0e-6f);
    juce::AiffAudioFormat aiff;
    nearTone (loadRegion (written (folder.child ("c.aif"), aiff, tone, 48000.0, 24)).region, 1.0e-6f);

    const auto mp3 = loadRegion (juce::File (__FILE__).getSiblingFile ("tone.mp3")).region;
    REQUIRE (mp3 != nullptr);
    CHECK (mp3->sampleRateHz == 32000.0);
    CHECK (mp3->lengthS() == Approx (0.2).margin (0.1));
    CHECK (mp3->audio.getMagnitude (0, mp3->audio.getNumSamples()) == Approx (0.5f).margin (0.1f));
    CHECK (mp3->name == "tone");
}

TEST_CASE ("More than two channels become their mean", "[file]")
{
    const Folder folder;
    auto audio = sounds::tone (48000.0, 2.0, 440.0, 0.8f, 4);
    audio.clear (1, 0, audio.getNumSamples());
    audio.clear (2, 0, audio.getNumSamples());
    const auto region = loadRegion (wav (folder.child ("four.wav"), audio)).region;
    REQUIRE (region != nullptr);
    CHECK (region->audio.getNumChannels() == 1);
    CHECK (region->audio.getNumSamples() == 96000);
    for (int i = 0; i < 96000; ++i)
        REQUIRE (region->audio.getSample (0, i) == Approx (audio.getSample (0, i) / 2).margin (1.0e-6));
}

TEST_CASE ("Broken samples in a file are read as 0", "[file]")
{
    const Folder folder;
    auto audio = sounds::tone (48000.0, 0.5, 440.0, 0.5f);
    audio.setSample (0, 100, std::numeric_limits<float>::quiet_NaN());
    const auto region = loadRegion (wav (folder.child ("nan.wav"), audio)).region;
    REQUIRE (region != nullptr);
    CHECK (region->audio.getSample (0, 100) == 0.0f);
}

TEST_CASE ("What cannot be used is refused with a sentence and a next step", "[file]")
{
    const Folder folder;
    const auto refused = [] (const juce::File& file)
    {
        const auto result = loadRegion (file);
        CHECK (result.region == nullptr);
        return result.problem;
    };
    const auto text = [&] (const juce::String& name)
    {
        folder.child (name).replaceWithText ("this is no sound");
        return folder.child (name);
    };
    const auto tone = sounds::tone (48000.0, 1.0, 440.0, 0.5f);

    checkRefused (refused (folder.child ("gone.wav")), "\"gone.wav\" is not there");
    checkRefused (refused (juce::File()), "is not there");
    checkRefused (refused (folder.path), "is a folder");
    checkRefused (refused (text ("notes.txt")), "is not of a kind");
    for (const auto* name : { "a.wav", "a.aiff", "a.mp3", "a.flac", "a.ogg" })
        checkRefused (refused (text (name)), "cannot be read as a sound");
    folder.child ("zero.wav").create();
    checkRefused (refused (folder.child ("zero.wav")), "cannot be read as a sound");
    checkRefused (refused (wav (folder.child ("none.wav"), sounds::silence (48000.0, 0.0))), "is empty");
    checkRefused (refused (wav (folder.child ("short.wav"), sounds::tone (48000.0, 0.04, 440.0, 0.5f))),
                  "lasts 40 ms, at least 50 ms");
    checkRefused (refused (wav (folder.child ("silent.wav"), sounds::silence (48000.0, 1.0))), "is silent");
    checkRefused (refused (wav (folder.child ("slow.wav"), tone, 4000.0)), "4000 Hz");
    checkRefused (refused (wav (folder.child ("fast.wav"), tone, 384000.0)), "384000 Hz");
    checkRefused (
        refused (wav (folder.child ("long.wav"), sounds::tone (8000.0, 606.0, 440.0, 0.5f, 1), 8000.0, 16)),
        "lasts 10.1 minutes, at most 10");

    juce::MemoryBlock whole;
    REQUIRE (wav (folder.child ("whole.wav"), tone).loadFileAsData (whole));
    folder.child ("cut.wav").replaceWithData (whole.getData(), whole.getSize() / 2);
    checkRefused (refused (folder.child ("cut.wav")), "is cut off");
}

TEST_CASE ("A name tells whether a file may be read", "[file]")
{
    CHECK (looksLoadable ("/tmp/kick.wav"));
    CHECK (looksLoadable ("C:\\Samples\\Kick.AIFF"));
    CHECK (looksLoadable ("x.flac"));
    CHECK_FALSE (looksLoadable ("x.fxp"));
    CHECK_FALSE (looksLoadable ("wav"));
    CHECK_FALSE (looksLoadable (""));
    CHECK (loadableWildcard() == "*.wav;*.aiff;*.aif;*.mp3;*.flac;*.ogg");
}
