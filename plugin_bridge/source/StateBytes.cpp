#include "StateBytes.h"

#include <cmath>

namespace synthmatch
{

namespace
{
    constexpr int compressionLevel = 4; // sound gains little from more
}

const char* StateReader::take (size_t size)
{
    if (! intact || size > left)
    {
        intact = false;
        left = 0;
        return nullptr;
    }
    const auto* taken = bytes;
    bytes += size;
    left -= size;
    return taken;
}

int StateReader::readInt()
{
    const auto* from = take (4);
    return from == nullptr ? 0 : (int) juce::ByteOrder::littleEndianInt (from);
}

juce::int64 StateReader::readInt64()
{
    const auto* from = take (8);
    return from == nullptr ? 0 : (juce::int64) juce::ByteOrder::littleEndianInt64 (from);
}

float StateReader::readFloat()
{
    const auto bits = (juce::uint32) readInt();
    float value = 0.0f;
    std::memcpy (&value, &bits, sizeof (value));
    intact &= std::isfinite (value);
    return intact ? value : 0.0f;
}

double StateReader::readDouble()
{
    const auto bits = readInt64();
    double value = 0.0;
    std::memcpy (&value, &bits, sizeof (value));
    intact &= std::isfinite (value);
    return intact ? value : 0.0;
}

juce::String StateReader::readString()
{
    const auto size = readCount (std::numeric_limits<int>::max());
    const auto* from = take ((size_t) size);
    if (from == nullptr)
        return {};
    intact &= juce::CharPointer_UTF8::isValidString (from, size);
    return intact ? juce::String::fromUTF8 (from, size) : juce::String();
}

juce::MemoryBlock StateReader::readBlock()
{
    const auto size = readCount (std::numeric_limits<int>::max());
    const auto* from = take ((size_t) size);
    return from == nullptr ? juce::MemoryBlock() : juce::MemoryBlock (from, (size_t) size);
}

int StateReader::readCount (int most)
{
    const auto count = readInt();
    intact &= count >= 0 && count <= most;
    return intact ? count : 0;
}

void writeString (juce::OutputStream& stream, const juce::String& text)
{
    const auto size = text.getNumBytesAsUTF8();
    stream.writeInt ((int) size);
    stream.write (text.toRawUTF8(), size);
}

void writeBlock (juce::OutputStream& stream, const juce::MemoryBlock& block)
{
    stream.writeInt ((int) block.getSize());
    stream.write (block.getData(), block.getSize());
}

juce::MemoryBlock compressed (const juce::MemoryBlock& block)
{
    juce::MemoryOutputStream result;
    {
        juce::GZIPCompressorOutputStream stream (result, compressionLevel);
        stream.write (block.getData(), block.getSize());
    }
    return result.getMemoryBlock();
}

juce::MemoryBlock decompressed (const juce::MemoryBlock& block, size_t most)
{
    juce::MemoryInputStream source (block, false);
    juce::GZIPDecompressorInputStream stream (source);
    juce::MemoryOutputStream result;
    const auto size = result.writeFromInputStream (stream, (juce::int64) most + 1);
    return size > (juce::int64) most ? juce::MemoryBlock() : result.getMemoryBlock();
}

juce::int64 checksum (const void* data, size_t size)
{
    auto hash = (juce::uint64) 0xcbf29ce484222325;
    const auto* bytes = static_cast<const juce::uint8*> (data);
    for (size_t i = 0; i < size; ++i)
        hash = (hash ^ bytes[i]) * (juce::uint64) 0x100000001b3;
    return (juce::int64) hash;
}

} // namespace synthmatch
