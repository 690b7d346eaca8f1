#pragma once

#include <juce_core/juce_core.h>

namespace synthmatch
{

/** Reads what a MemoryOutputStream has written, and never beyond its end: from there on all is 0 and empty. */
class StateReader
{
public:
    StateReader (const void* data, size_t size) : bytes (static_cast<const char*> (data)), left (size) {}

    bool isIntact() const { return intact; }
    bool isAtEnd() const { return left == 0; }

    int readInt();
    juce::int64 readInt64();
    float readFloat();   // finite
    double readDouble(); // finite
    juce::String readString();
    juce::MemoryBlock readBlock();

    /** A count of things, from 0 to `most`. */
    int readCount (int most);

private:
    const char* take (size_t size);

    const char* bytes;
    size_t left;
    bool intact = true;
};

/** Written for `readString` and `readBlock`. */
void writeString (juce::OutputStream&, const juce::String&);
void writeBlock (juce::OutputStream&, const juce::MemoryBlock&);

juce::MemoryBlock compressed (const juce::MemoryBlock&);

/** @param most  bytes; more, or damage, gives an empty block */
juce::MemoryBlock decompressed (const juce::MemoryBlock&, size_t most);

/** FNV-1a, to notice damage. */
juce::int64 checksum (const void* data, size_t size);

} // namespace synthmatch
