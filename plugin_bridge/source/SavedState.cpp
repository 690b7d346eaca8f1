#include "SavedState.h"

#include "StateBytes.h"

#include <algorithm>

namespace synthmatch
{

namespace
{
    constexpr int magic = 0x74734d53; // "SMst"
    constexpr int formatVersion = 1; // magic, version and checksum stand at the head of every version
    constexpr double highestRateHz = 1'000'000.0;
    constexpr int mostCandidates = 64;
    constexpr int mostTells = 64;
    constexpr size_t mostTextBytes = 64 * 1024 * 1024;

    void writeRegion (juce::OutputStream& stream, const Region& region)
    {
        const auto start = savedSamples (region).getStart();
        const auto offsetS = start > 0 ? start / region.sampleRateHz : 0.0;
        stream.writeDouble (region.sampleRateHz);
        stream.writeDouble (region.startS - offsetS);
        stream.writeDouble (region.endS - offsetS);
        stream.writeDouble (region.onsetS < 0.0 ? region.onsetS : region.onsetS - offsetS);
        writeString (stream, region.name);
        writeString (stream, region.file.getFullPathName());
    }

    /** nullptr for what cannot be a region. */
    RegionPtr readRegion (StateReader& reader, const juce::MemoryBlock& sound)
    {
        auto region = std::make_shared<Region>();
        region->sampleRateHz = reader.readDouble();
        const auto startS = reader.readDouble();
        const auto endS = reader.readDouble();
        region->onsetS = reader.readDouble();
        region->name = reader.readString();
        const auto path = reader.readString();
        if (juce::File::isAbsolutePath (path))
            region->file = juce::File (path);
        if (sound.isEmpty())
            return region->file == juce::File() ? nullptr : region;
        const auto audio = decodeSound (sound);
        if (audio == nullptr || audio->getNumChannels() == 0 || audio->getNumSamples() == 0
            || region->sampleRateHz <= 0.0 || region->sampleRateHz > highestRateHz)
            return nullptr;
        region->audio = std::move (*audio);
        return withTrim (*region, startS, endS);
    }

    void writeCandidate (juce::OutputStream& stream, const CandidateView& candidate, bool withPreset)
    {
        stream.writeInt (candidate.candidate);
        stream.writeInt (candidate.rank);
        stream.writeInt (candidate.note.pitch);
        stream.writeFloat (candidate.note.onS);
        stream.writeFloat (candidate.note.offS);
        stream.writeFloat (candidate.distance);
        stream.writeFloat (candidate.similarity);
        writeString (stream, candidate.presetPath);
        writeString (stream, candidate.renderPath);
        stream.writeInt (juce::jmin (mostTells, (int) candidate.tells.size()));
        for (size_t i = 0; i < candidate.tells.size() && i < (size_t) mostTells; ++i)
            writeString (stream, candidate.tells[i]);
        writeBlock (stream, withPreset && candidate.preset != nullptr ? *candidate.preset : juce::MemoryBlock());
    }

    CandidateView readCandidate (StateReader& reader)
    {
        CandidateView candidate;
        candidate.candidate = reader.readInt();
        candidate.rank = reader.readInt();
        candidate.note.pitch = reader.readInt();
        candidate.note.onS = reader.readFloat();
        candidate.note.offS = reader.readFloat();
        candidate.distance = reader.readFloat();
        candidate.similarity = reader.readFloat();
        candidate.presetPath = reader.readString();
        candidate.renderPath = reader.readString();
        for (auto left = reader.readCount (mostTells); left > 0; --left)
            candidate.tells.push_back (reader.readString());
        auto preset = reader.readBlock();
        if (! preset.isEmpty())
            candidate.preset = std::make_shared<const juce::MemoryBlock> (std::move (preset));
        return candidate;
    }

    std::optional<SavedState> read (const juce::MemoryBlock& text, const juce::MemoryBlock& sound)
    {
        StateReader reader (text.getData(), text.getSize());
        SavedState state;
        const auto hasRegion = reader.readCount (1) == 1;
        if (hasRegion && (state.region = readRegion (reader, sound)) == nullptr)
            return std::nullopt;
        state.lookBackS = reader.readDouble();
        state.chosenPort = reader.readCount (65535);
        const auto locks = reader.readCount ((1 << sectionCount) - 1);
        for (size_t i = 0; i < state.locks.size(); ++i)
            state.locks[i] = ((locks >> i) & 1) != 0;
        state.budgetS = reader.readFloat();
        state.address = reader.readString();
        state.job = reader.readInt();
        state.seed = reader.readCount (std::numeric_limits<int>::max());
        state.remark = reader.readString();
        state.selected = reader.readInt();
        for (auto left = reader.readCount (mostCandidates); left > 0; --left)
            state.candidates.push_back (readCandidate (reader));
        if (! reader.isIntact() || ! reader.isAtEnd())
            return std::nullopt;
        state.selected = juce::jlimit (-1, (int) state.candidates.size() - 1, state.selected);
        return state;
    }
}

juce::MemoryBlock encodeState (const SavedState& state, const SavedSound& sound)
{
    juce::MemoryOutputStream text;
    const auto hasRegion = state.region != nullptr && (! sound.bytes.isEmpty() || state.region->file != juce::File());
    text.writeInt (hasRegion ? 1 : 0);
    if (hasRegion)
        writeRegion (text, *state.region);
    text.writeDouble (state.lookBackS);
    text.writeInt (state.chosenPort);
    auto locks = 0;
    for (size_t i = 0; i < state.locks.size(); ++i)
        locks |= (state.locks[i] ? 1 : 0) << i;
    text.writeInt (locks);
    text.writeFloat (state.budgetS);
    writeString (text, state.address);
    text.writeInt (state.job);
    text.writeInt (state.seed);
    writeString (text, state.remark);
    text.writeInt (state.selected);
    text.writeInt (juce::jmin (mostCandidates, (int) state.candidates.size()));
    size_t presetBytes = 0;
    for (size_t i = 0; i < state.candidates.size() && i < (size_t) mostCandidates; ++i)
    {
        const auto& candidate = state.candidates[i];
        presetBytes += candidate.preset != nullptr ? candidate.preset->getSize() : 0;
        writeCandidate (text, candidate, presetBytes <= mostPresetBytes);
    }

    juce::MemoryOutputStream body;
    writeBlock (body, compressed (text.getMemoryBlock()));
    writeBlock (body, sound.bytes);

    juce::MemoryOutputStream chunk;
    chunk.writeInt (magic);
    chunk.writeInt (formatVersion);
    chunk.writeInt64 (checksum (body.getData(), body.getDataSize()));
    chunk.write (body.getData(), body.getDataSize());
    return chunk.getMemoryBlock();
}

DecodedState decodeState (const void* data, size_t size)
{
    const Problem damaged { "What the project saved for Synthmatch is damaged, so it begins anew.",
                            "Capture the sound again, or load an older version of the project." };
    StateReader head (data, size);
    const auto isOurs = head.readInt() == magic;
    const auto version = head.readInt();
    const auto sum = head.readInt64();
    if (! head.isIntact() || ! isOurs || version < 1)
        return { std::nullopt, damaged, false };
    const auto* body = static_cast<const char*> (data) + 16;
    if (sum != checksum (body, size - 16))
        return { std::nullopt, damaged, false };
    if (version > formatVersion)
        return { std::nullopt,
                 { "A newer Synthmatch saved this project, so this one begins anew.", "Update Synthmatch." },
                 true };
    StateReader reader (body, size - 16);
    const auto text = decompressed (reader.readBlock(), mostTextBytes);
    const auto sound = reader.readBlock();
    if (! reader.isIntact() || ! reader.isAtEnd())
        return { std::nullopt, damaged, false };
    auto state = read (text, sound);
    if (! state)
        return { std::nullopt, damaged, false };
    return { std::move (state), {}, false };
}

} // namespace synthmatch
