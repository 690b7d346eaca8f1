#include "RegionFile.h"

#include "OnsetFinder.h"
#include "Resampler.h"

#include <juce_audio_formats/juce_audio_formats.h>

#include <optional>
#include <random>

namespace synthmatch
{

namespace
{

constexpr double silenceDb = -80.0;
constexpr double reducedRateHz = 96000.0; // of what the backend would refuse
constexpr int longestName = 40;

/** A file that is complete under its name, or not there: written beside it first, and renamed. */
class WholeFile
{
public:
    explicit WholeFile (const juce::File& wanted)
        : target (wanted), part (wanted.getSiblingFile ("." + juce::Uuid().toString() + ".part"))
    {
        stream.emplace (part);
    }

    ~WholeFile()
    {
        stream.reset();
        part.deleteFile(); // no longer there after it was renamed
    }

    bool isOpen() const { return stream->openedOk(); }
    juce::FileOutputStream& out() { return *stream; }

    /** True once it is there under its name, with at least so many bytes. */
    bool finish (juce::int64 leastBytes)
    {
        stream->flush();
        const auto written = stream->getStatus().wasOk();
        stream.reset(); // an open file cannot be renamed everywhere
        return written && part.getSize() >= leastBytes && part.moveFileTo (target);
    }

private:
    const juce::File target, part;
    std::optional<juce::FileOutputStream> stream;
};

/** Lets a writer that deletes its stream write to one that lives on, and is asked afterwards how it went. */
class Borrowed final : public juce::OutputStream
{
public:
    explicit Borrowed (juce::OutputStream& lender) : stream (lender) {}

    void flush() override { stream.flush(); }
    bool setPosition (juce::int64 position) override { return stream.setPosition (position); }
    juce::int64 getPosition() override { return stream.getPosition(); }
    bool write (const void* data, size_t bytes) override { return stream.write (data, bytes); }

private:
    juce::OutputStream& stream;
};

bool writeWav (const juce::AudioBuffer<float>& audio, double rateHz, juce::OutputStream& out)
{
    auto borrowed = std::make_unique<Borrowed> (out);
    const std::unique_ptr<juce::AudioFormatWriter> writer (juce::WavAudioFormat().createWriterFor (
        borrowed.get(), rateHz, (unsigned int) audio.getNumChannels(), 32, {}, 0));
    if (writer == nullptr)
        return false;
    borrowed.release(); // the writer deletes it
    return writer->writeFromAudioSampleBuffer (audio, 0, audio.getNumSamples());
}

/** "Bass 3f2a.wav": presets are called after it, so a name for people, and one of its own. */
juce::File newFile (const juce::File& folder, const juce::String& name, const juce::String& ending)
{
    auto legal = juce::File::createLegalFileName (name).substring (0, longestName).trim();
    legal = legal.trimCharactersAtStart (".");
    std::random_device random; // not JUCE's system-wide one, which several sessions would race for
    while (true)
    {
        const auto number = (int) (random() & 0xffff);
        const auto tag = juce::String::toHexString (number).paddedLeft ('0', 4);
        const auto file = folder.getChildFile ((legal.isEmpty() ? "Sound" : legal) + " " + tag + ending);
        if (! file.exists())
            return file;
    }
}

WrittenRegion refused (const juce::String& sentence, const juce::String& nextStep)
{
    return { {}, { sentence, nextStep } };
}

WrittenRegion unwritable (const juce::File& folder)
{
    constexpr juce::int64 little = 16 * 1024 * 1024;
    const auto path = folder.getFullPathName();
    if (folder.isDirectory() && folder.getBytesFreeOnVolume() < little)
        return refused ("The disk that holds " + path + " is full, so the region was not written.",
                        "Make room on it, then match again.");
    return refused ("The region cannot be written to " + path + ".",
                    "Check that the folder may be written to and its disk has room, then match again.");
}

WrittenRegion copied (const Region& region, const juce::File& folder)
{
    juce::FileInputStream in (region.file);
    if (in.failedToOpen())
        return refused ("\"" + region.file.getFileName() + "\" cannot be read any more.", "Load it again.");
    const auto target = newFile (folder, region.name, region.file.getFileExtension().toLowerCase());
    WholeFile whole (target);
    if (! whole.isOpen() || whole.out().writeFromInputStream (in, -1) != in.getTotalLength()
        || ! whole.finish (in.getTotalLength()))
        return unwritable (folder);
    return { target, {} };
}

} // namespace

WrittenRegion writeRegion (const Region& region, const juce::File& folder)
{
    if (! folder.isDirectory())
        return refused ("The backend's folder " + folder.getFullPathName() + " is not there.",
                        "Start the backend again, then match again.");
    if (region.audio.getNumSamples() == 0 && region.file != juce::File())
        return copied (region, folder);

    auto audio = trimmedAudio (region);
    auto rateHz = region.sampleRateHz;
    const auto samples = audio.getNumSamples();
    if (samples == 0 || audio.getNumChannels() == 0)
        return refused ("The region is empty: nothing was captured.",
                        "Play the sound through this track first.");
    if (samples / rateHz < shortestRegionS)
        return refused ("The region lasts " + juce::String (juce::roundToInt (1000.0 * samples / rateHz))
                            + " ms, at least 50 ms are needed.",
                        "Draw its handles further apart.");
    if (loudestLevelDb (audio, rateHz) < silenceDb)
        return refused ("The region is silent: nothing in it is above -80 dB.",
                        "Play the sound through this track, or choose another part of it.");
    if (rateHz > highestRateHz)
    {
        audio = resampled (audio, rateHz, reducedRateHz);
        rateHz = reducedRateHz;
    }

    const auto target = newFile (folder, region.name, ".wav");
    WholeFile whole (target);
    const auto dataBytes
        = (juce::int64) audio.getNumSamples() * audio.getNumChannels() * (juce::int64) sizeof (float);
    if (! whole.isOpen() || ! writeWav (audio, rateHz, whole.out()) || ! whole.finish (dataBytes))
        return unwritable (folder);
    return { target, {} };
}

} // namespace synthmatch
