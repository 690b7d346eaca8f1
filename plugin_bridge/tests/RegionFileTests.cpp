#include "RegionFile.h"
#include "SoundFiles.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#if JUCE_LINUX || JUCE_MAC
#include <csignal>
#include <sys/resource.h>
#endif

using namespace synthmatch;
using sounds::Audio;
using sounds::checkRefused;
using sounds::Folder;

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
