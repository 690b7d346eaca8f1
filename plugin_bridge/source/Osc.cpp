#include "Osc.h"

#include <cmath>
#include <cstring>

namespace synthmatch::osc
{

namespace
{

size_t padded (size_t textBytes) { return (textBytes / 4 + 1) * 4; } // at least one NUL behind it

void append (juce::MemoryBlock& block, juce::uint32 value)
{
    const auto bytes = juce::ByteOrder::swapIfLittleEndian (value);
    block.append (&bytes, sizeof (bytes));
}

void append (juce::MemoryBlock& block, const char* text, size_t bytes)
{
    const char zeros[4] {};
    block.append (text, bytes);
    block.append (zeros, padded (bytes) - bytes);
}

/** Takes values from the front of a datagram; each is nothing where the bytes do not hold one. */
class Bytes
{
public:
    Bytes (const void* bytes, size_t count) : next (static_cast<const char*> (bytes)), left (count) {}

    std::optional<juce::uint32> takeWord()
    {
        if (left < 4)
            return {};

        const auto value = juce::ByteOrder::bigEndianInt (next);
        advance (4);
        return value;
    }

    std::optional<juce::String> takeText()
    {
        const auto* end = left > 0 ? static_cast<const char*> (std::memchr (next, 0, left)) : nullptr;

        if (end == nullptr)
            return {};

        const auto size = static_cast<size_t> (end - next);
        const auto whole = padded (size);

        if (whole > left || ! isText (next, size))
            return {};

        for (auto i = size; i < whole; ++i)
            if (next[i] != 0)
                return {};

        auto text = juce::String::fromUTF8 (next, static_cast<int> (size));
        advance (whole);
        return text;
    }

    std::optional<Argument> take (juce::juce_wchar type)
    {
        if (type == 's')
        {
            if (auto text = takeText())
                return Argument { *text };

            return {};
        }

        const auto word = type == 'i' || type == 'f' ? takeWord() : std::nullopt;

        if (! word)
            return {};

        if (type == 'i')
            return Argument { static_cast<juce::int32> (*word) };

        float value;
        std::memcpy (&value, &*word, sizeof (value));
        return std::isfinite (value) ? std::optional<Argument> { value } : std::nullopt;
    }

    bool empty() const { return left == 0; }

private:
    void advance (size_t bytes)
    {
        next += bytes;
        left -= bytes;
    }

    const char* next;
    size_t left;
};

} // namespace

bool isText (const char* bytes, size_t count)
{
    const auto sizeOf = [] (juce::uint8 lead) -> size_t {
        return lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    };

    for (size_t i = 0; i < count;)
    {
        const auto at = [&] (size_t offset) { return static_cast<juce::uint8> (bytes[i + offset]); };
        const auto lead = at (0);
        const size_t size = sizeOf (lead);

        if (lead == 0 || size == 0 || i + size > count)
            return false;

        for (size_t k = 1; k < size; ++k)
            if ((at (k) & 0xc0) != 0x80)
                return false;

        // Not longer than needed, no half of a surrogate pair, nothing beyond Unicode.
        if ((lead == 0xe0 && at (1) < 0xa0) || (lead == 0xed && at (1) > 0x9f)
            || (lead == 0xf0 && at (1) < 0x90) || (lead == 0xf4 && at (1) > 0x8f))
            return false;

        i += size;
    }

    return true;
}

Datagram write (const Message& message)
{
    juce::String types (",");
    juce::MemoryBlock values;

    for (const auto& argument : message.arguments)
    {
        if (const auto* whole = std::get_if<juce::int32> (&argument))
        {
            types << 'i';
            append (values, static_cast<juce::uint32> (*whole));
        }
        else if (const auto* real = std::get_if<float> (&argument))
        {
            if (! std::isfinite (*real))
                return { {}, message.address + " cannot carry a number that is not finite." };

            juce::uint32 bits;
            std::memcpy (&bits, real, sizeof (bits));
            types << 'f';
            append (values, bits);
        }
        else if (const auto* text = std::get_if<juce::String> (&argument))
        {
            const auto bytes = text->getNumBytesAsUTF8();

            if (! isText (text->toRawUTF8(), bytes))
                return { {}, message.address + " cannot carry a text that is not Unicode." };

            types << 's';
            append (values, text->toRawUTF8(), bytes);
        }
    }

    Datagram datagram;
    append (datagram.bytes, message.address.toRawUTF8(), message.address.getNumBytesAsUTF8());
    append (datagram.bytes, types.toRawUTF8(), types.getNumBytesAsUTF8());
    datagram.bytes.append (values.getData(), values.getSize());

    if (datagram.bytes.getSize() > maxDatagramBytes)
        return { {},
                 message.address + " would take " + juce::String (datagram.bytes.getSize())
                     + " bytes, and at most " + juce::String (maxDatagramBytes)
                     + " are allowed: use a shorter path or text." };

    return datagram;
}

std::optional<Message> read (const void* bytes, size_t count)
{
    if (bytes == nullptr || count > maxDatagramBytes)
        return {};

    Bytes left (bytes, count);
    const auto address = left.takeText();
    const auto types = address && address->startsWithChar ('/') ? left.takeText() : std::nullopt;

    if (! types || ! types->startsWithChar (','))
        return {};

    Message message { *address, {} };

    for (auto type = types->getCharPointer() + 1; ! type.isEmpty(); ++type)
    {
        auto argument = left.take (*type);

        if (! argument)
            return {};

        message.arguments.push_back (std::move (*argument));
    }

    return left.empty() ? std::optional<Message> { std::move (message) } : std::nullopt;
}

} // namespace synthmatch::osc
