#include "OnsetFinder.h"
#include "RegionFile.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <juce_audio_formats/juce_audio_formats.h>

#include <atomic>
#include <thread>

#if JUCE_LINUX || JUCE_MAC
#include <csignal>
#include <sys/resource.h>
#endif

using namespace synthmatch;
using sounds::Audio;

namespace
{

/** An empty folder that is gone after the test; its name has letters beyond ASCII. */
struct Folder
{
    Folder()
        : path (juce::File::getSpecialLocation (juce::File::tempDirectory)
                    .getNonexistentChildFile (juce::String::fromUTF8 ("Kl\xc3\xa4nge"), ""))
    {
        path.createDirectory();
    }

    ~Folder() { path.deleteRecursively(); }

    juce::File child (const juce::String& name) const { return path.getChildFile (name); }

    int files() const { return path.findChildFiles (juce::File::findFilesAndDirectories, false).size(); }

    const juce::File path;
};

juce::File written (const juce::File& file, juce::AudioFormat& format, const Audio& audio, double rateHz,
                    int bits)
{
    std::unique_ptr<juce::AudioFormatWriter> writer (format.createWriterFor (
        new juce::FileOutputStream (file), rateHz, (unsigned int) audio.getNumChannels(), bits, {}, 0));
    REQUIRE (writer != nullptr);
    REQUIRE (writer->writeFromAudioSampleBuffer (audio, 0, audio.getNumSamples()));
    return file;
}

juce::File wav (const juce::File& file, const Audio& audio, double rateHz = 48000.0, int bits = 32)
{
    juce::WavAudioFormat format;
    return written (file, format, audio, rateHz, bits);
}

void checkRefused (const Problem& problem, const juce::String& says)
{
    INFO (problem.sentence << " " << problem.nextStep);
    CHECK (problem.sentence.contains (says));
    CHECK (problem.sentence.endsWithChar ('.'));
    CHECK (problem.nextStep.endsWithChar ('.'));
}

} // namespace

TEST_CASE ("A region is written bit for bit and read again", "[file]")
{
    const Folder folder;
    const auto channels = GENERATE (1, 2);
    const auto audio = sounds::tone (44100.0, 1.0, 440.0, 1.7f, channels); // louder than full scale
    const auto region = withTrim (*makeRegion (audio, 44100.0, "Bass: drop/1"), 0.25, 0.75);

    const auto result = writeRegion (*region, folder.path);
    CHECK_FALSE (result.problem.exists());
    CHECK (result.file.getParentDirectory() == folder.path);
    CHECK (result.file.getFileName().startsWith ("Bass drop1 "));
    CHECK (result.file.hasFileExtension ("wav"));
    CHECK (folder.files() == 1);

    const auto again = loadRegion (result.file);
    REQUIRE (again.region != nullptr);
    CHECK_FALSE (again.problem.exists());
    CHECK (sounds::sameBits (again.region->audio, trimmedAudio (*region)));
    CHECK (again.region->sampleRateHz == 44100.0);
    CHECK (again.region->file == result.file);
    CHECK (again.region->name == result.file.getFileNameWithoutExtension());
    CHECK (again.region->endS == 0.5);
    CHECK (again.region->onsetS == 0.0);

    const auto second = writeRegion (*region, folder.path);
    CHECK (second.file != result.file);
    CHECK (folder.files() == 2);
}

TEST_CASE ("Names that no file can have become names that it can", "[file]")
{
    const Folder folder;
    const auto name
        = GENERATE (as<juce::String>(), "", "...", "/", "..", "a\nb",
                    juce::String::repeatedString ("long ", 100), juce::String::fromUTF8 ("\xe9\x9f\xb3"));
    const auto result
        = writeRegion (*makeRegion (sounds::tone (48000.0, 0.1, 440.0, 0.5f), 48000.0, name), folder.path);
    INFO (result.problem.sentence);
    CHECK (result.file.existsAsFile());
    CHECK (result.file.getParentDirectory() == folder.path);
    CHECK_FALSE (result.file.getFileName().startsWithChar ('.'));
    CHECK (result.file.getFileName().length() < 60);
}

TEST_CASE ("What the backend could not match is not written", "[file]")
{
    const Folder folder;
    const auto refused = [&] (const Audio& audio)
    { return writeRegion (*makeRegion (audio, 48000.0, "x"), folder.path).problem; };

    checkRefused (refused (sounds::silence (48000.0, 0.0)), "The region is empty");
    checkRefused (refused (sounds::tone (48000.0, 0.03, 440.0, 0.5f)), "lasts 30 ms, at least 50 ms");
    checkRefused (refused (sounds::silence (48000.0, 1.0)), "The region is silent:");
    checkRefused (refused (sounds::tone (48000.0, 1.0, 440.0, 0.00005f)), "The region is silent:");
    checkRefused (writeRegion (Region(), folder.path).problem, "The region is empty");
    CHECK (folder.files() == 0);
}

TEST_CASE ("A folder that cannot be written to is told", "[file]")
{
    const Folder folder;
    const auto region = makeRegion (sounds::tone (48000.0, 1.0, 440.0, 0.5f), 48000.0, "x");
    const auto missing = writeRegion (*region, folder.child ("nowhere"));
    CHECK (missing.file == juce::File());
    checkRefused (missing.problem, "is not there");

    const auto file = folder.child ("file");
    file.replaceWithText ("no folder");
    checkRefused (writeRegion (*region, file).problem, "is not there");
}

#if JUCE_LINUX || JUCE_MAC
TEST_CASE ("A file that cannot be written whole is not left behind", "[file]")
{
    const Folder folder;
    const auto audio = sounds::tone (48000.0, 1.0, 440.0, 0.5f);
    const auto flac = folder.child ("take.flac");
    flac.replaceWithText ("fLaC" + juce::String::repeatedString ("x", 200000));

    // As on a full disk, a write beyond this fails.
    rlimit before {};
    getrlimit (RLIMIT_FSIZE, &before);
    const auto handler = std::signal (SIGXFSZ, SIG_IGN);
    const rlimit limited { 100000, before.rlim_max };
    setrlimit (RLIMIT_FSIZE, &limited);
    const auto result = writeRegion (*makeRegion (audio, 48000.0, "x"), folder.path);
    const auto copy = writeRegion (*loadRegion (flac).region, folder.path);
    setrlimit (RLIMIT_FSIZE, &before);
    std::signal (SIGXFSZ, handler);

    CHECK (result.file == juce::File());
    checkRefused (result.problem, "written");
    CHECK (copy.file == juce::File());
    checkRefused (copy.problem, "written");
    CHECK (folder.files() == 1);
}
#endif

TEST_CASE ("A reader finds a file whole or not at all", "[file][threads]")
{
    const Folder folder;
    const auto region = makeRegion (sounds::tone (48000.0, 10.0, 440.0, 0.5f), 48000.0, "x");
    const auto wholeBytes = writeRegion (*region, folder.path).file.getSize();
    CHECK (wholeBytes > 10 * 48000 * 8);

    std::atomic<bool> stop { false };
    int partial = 0;
    std::thread reader (
        [&]
        {
            while (! stop.load())
                for (const auto& file : folder.path.findChildFiles (juce::File::findFiles, false, "*.wav"))
                    partial += file.getSize() == wholeBytes ? 0 : 1;
        });
    for (int i = 0; i < 10; ++i)
        CHECK (writeRegion (*region, folder.path).file.existsAsFile());
    stop.store (true);
    reader.join();
    CHECK (partial == 0);
}

TEST_CASE ("Above 192 kHz a region is written at 96 kHz", "[file]")
{
    const Folder folder;
    const auto result
        = writeRegion (*makeRegion (sounds::tone (384000.0, 0.5, 440.0, 0.5f), 384000.0, "x"), folder.path);
    const auto again = loadRegion (result.file);
    REQUIRE (again.region != nullptr);
    CHECK (again.region->sampleRateHz == 96000.0);
    CHECK (again.region->lengthS() == Approx (0.5));
}

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

TEST_CASE ("flac and ogg are left to the backend, and copied for it", "[file]")
{
    const Folder folder, backend;
    const auto magic = GENERATE (as<juce::String>(), "fLaC", "OggS");
    const auto ending = magic == "fLaC" ? ".FLAC" : ".ogg";
    const auto file = folder.child (juce::String ("Choir") + ending);
    file.replaceWithText (magic + " and more");
    const auto region = loadRegion (file).region;
    REQUIRE (region != nullptr);
    CHECK (region->audio.getNumSamples() == 0);
    CHECK (region->file == file);
    CHECK (region->name == "Choir");
    CHECK (region->lengthS() == 0.0);

    const auto copy = writeRegion (*region, backend.path);
    CHECK (copy.file.getFileName().startsWith ("Choir "));
    CHECK (copy.file.hasFileExtension (juce::String (ending).toLowerCase()));
    CHECK (copy.file.loadFileAsString() == magic + " and more");
    CHECK (backend.files() == 1);

    file.deleteFile();
    checkRefused (writeRegion (*region, backend.path).problem, "cannot be read any more");
    CHECK (backend.files() == 1);
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
