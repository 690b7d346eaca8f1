#pragma once

#include "Problem.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <juce_audio_formats/juce_audio_formats.h>

/** Sound files for tests. */
namespace sounds
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

inline juce::File written (const juce::File& file, juce::AudioFormat& format, const Audio& audio,
                           double rateHz, int bits)
{
    std::unique_ptr<juce::AudioFormatWriter> writer (format.createWriterFor (
        new juce::FileOutputStream (file), rateHz, (unsigned int) audio.getNumChannels(), bits, {}, 0));
    REQUIRE (writer != nullptr);
    REQUIRE (writer->writeFromAudioSampleBuffer (audio, 0, audio.getNumSamples()));
    return file;
}

inline juce::File wav (const juce::File& file, const Audio& audio, double rateHz = 48000.0, int bits = 32)
{
    juce::WavAudioFormat format;
    return written (file, format, audio, rateHz, bits);
}

inline void checkRefused (const synthmatch::Problem& problem, const juce::String& says)
{
    INFO (problem.sentence << " " << problem.nextStep);
    CHECK (problem.sentence.contains (says));
    CHECK (problem.sentence.endsWithChar ('.'));
    CHECK (problem.nextStep.endsWithChar ('.'));
}

} // namespace sounds
