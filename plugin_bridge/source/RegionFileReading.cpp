#include "RegionFile.h"

#include <juce_audio_formats/juce_audio_formats.h>

#include <cstring>

namespace synthmatch
{

namespace
{

constexpr const char* endingsReadHere[] = { ".wav", ".aiff", ".aif", ".mp3" };
constexpr const char* endingsOfBackend[] = { ".flac", ".ogg" };

template <typename Endings>
bool endsAsOneOf (const juce::String& path, const Endings& endings)
{
    for (const auto* ending : endings)
        if (path.endsWithIgnoreCase (ending))
            return true;
    return false;
}

juce::String quoted (const juce::File& file) { return "\"" + file.getFileName() + "\""; }

LoadedRegion unreadable (const juce::File& file, const juce::String& why, const juce::String& nextStep)
{
    return { nullptr, { quoted (file) + " " + why + ".", nextStep } };
}

/** Of a kind that is decoded by the backend: only its first bytes are looked at. */
LoadedRegion leftToBackend (const juce::File& file)
{
    char magic[4] {};
    juce::FileInputStream stream (file);
    const auto read = stream.openedOk() ? stream.read (magic, 4) : 0;
    if (read != 4 || (std::memcmp (magic, "fLaC", 4) != 0 && std::memcmp (magic, "OggS", 4) != 0))
        return unreadable (file, "cannot be read as a sound", "Export it as WAV and load that.");
    auto region = std::make_shared<Region>();
    region->name = file.getFileNameWithoutExtension();
    region->file = file;
    return { region, {} };
}

/** All of it; more than two channels become their mean. Empty where it cannot be decoded. */
juce::AudioBuffer<float> decoded (juce::AudioFormatReader& reader)
{
    const auto samples = (int) reader.lengthInSamples;
    const auto channels = (int) reader.numChannels;
    juce::AudioBuffer<float> audio (channels > 2 ? 1 : channels, samples);
    if (channels <= 2)
        return reader.read (&audio, 0, samples, 0, true, true) ? std::move (audio)
                                                               : juce::AudioBuffer<float>();

    constexpr int step = 1 << 15;
    juce::AudioBuffer<float> part (channels, step);
    audio.clear();
    for (int start = 0; start < samples; start += step)
    {
        const auto length = juce::jmin (step, samples - start);
        if (! reader.read (&part, 0, length, start, true, true))
            return {};
        for (int channel = 0; channel < channels; ++channel)
            audio.addFrom (0, start, part, channel, 0, length, 1.0f / (float) channels);
    }
    return audio;
}

/** The header promises more than the file holds; decoders would make silence of the rest. */
bool isCutOff (const juce::File& file, const juce::AudioFormatReader& reader)
{
    const auto frameBytes = reader.numChannels * reader.bitsPerSample / 8;
    return ! file.hasFileExtension ("mp3")
           && reader.lengthInSamples * (juce::int64) frameBytes > file.getSize();
}

LoadedRegion loaded (const juce::File& file)
{
    juce::AudioFormatManager formats;
    formats.registerBasicFormats();
    const std::unique_ptr<juce::AudioFormatReader> reader (formats.createReaderFor (file));
    if (reader == nullptr || reader->numChannels == 0 || ! (reader->sampleRate > 0.0))
        return unreadable (file, "cannot be read as a sound", "Export it as WAV and load that.");

    const auto rateHz = reader->sampleRate;
    const auto lengthS = (double) reader->lengthInSamples / rateHz;
    if (rateHz < lowestRateHz || rateHz > highestRateHz)
        return unreadable (
            file, "has a sample rate of " + juce::String (rateHz, 0) + " Hz, 8,000 to 192,000 Hz are allowed",
            "Export it at 44,100 Hz and load that.");
    if (lengthS < shortestRegionS)
        return unreadable (file,
                           reader->lengthInSamples <= 0
                               ? juce::String ("is empty")
                               : "lasts " + juce::String (juce::roundToInt (1000.0 * lengthS))
                                     + " ms, at least 50 ms are needed",
                           "Choose a longer sound.");
    if (lengthS > longestRegionS)
        return unreadable (file,
                           "lasts " + juce::String (lengthS / 60.0, 1) + " minutes, at most 10 are allowed",
                           "Cut out the part to match and load that.");
    if (isCutOff (file, *reader))
        return unreadable (file, "is cut off: some of its sound is missing", "Export or copy it again.");

    auto audio = decoded (*reader);
    if (audio.getNumSamples() == 0)
        return unreadable (file, "cannot be decoded", "Export it as WAV and load that.");
    auto region = makeRegion (std::move (audio), rateHz, file.getFileNameWithoutExtension());
    region->file = file;
    if (region->onsetS < 0.0)
        return unreadable (file, "is silent: nothing in it is above -80 dB", "Choose another sound.");
    return { region, {} };
}

} // namespace

LoadedRegion loadRegion (const juce::File& file)
{
    if (! file.existsAsFile())
        return unreadable (file, file.isDirectory() ? "is a folder" : "is not there", "Choose a sound file.");
    if (! looksLoadable (file.getFullPathName()))
        return unreadable (file, "is not of a kind that is read",
                           "Choose a wav, aiff, mp3, flac or ogg file.");
    try
    {
        return endsAsOneOf (file.getFullPathName(), endingsOfBackend) ? leftToBackend (file) : loaded (file);
    }
    catch (const std::bad_alloc&)
    {
        return unreadable (file, "does not fit into memory", "Cut out the part to match and load that.");
    }
}

juce::String loadableWildcard()
{
    juce::StringArray patterns;
    for (const auto* ending : endingsReadHere)
        patterns.add ("*" + juce::String (ending));
    for (const auto* ending : endingsOfBackend)
        patterns.add ("*" + juce::String (ending));
    return patterns.joinIntoString (";");
}

bool looksLoadable (const juce::String& path)
{
    return endsAsOneOf (path, endingsReadHere) || endsAsOneOf (path, endingsOfBackend);
}

} // namespace synthmatch
