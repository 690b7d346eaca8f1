#pragma once

#include <juce_core/juce_core.h>

#include <optional>
#include <variant>
#include <vector>

/** One OSC message to one datagram and back, in the three types that every side speaks.

    juce_osc is not used for this: its receiver brings a thread of its own and hands out no datagram, and it
    takes what our protocol refuses (bundles, other types, text that is not UTF-8, bytes left over).
*/
namespace synthmatch::osc
{

/** What one datagram may hold: macOS sends no more than 9,216 bytes. */
constexpr size_t maxDatagramBytes = 8000;

/** `i`, `f` or `s`. */
using Argument = std::variant<juce::int32, float, juce::String>;

struct Message
{
    juce::String address;
    std::vector<Argument> arguments;
};

/** A datagram, or why there is none. */
struct Datagram
{
    juce::MemoryBlock bytes;
    juce::String fault; // empty if there is none; else a sentence for the user

    bool ok() const { return fault.isEmpty(); }
};

/** Fails if a float is not finite, a text is not Unicode, or it is more than a datagram holds. */
Datagram write (const Message&);

/** The message of a datagram; nothing if it is too long, cut off, no single message, has bytes left over, or
    an argument of another type. Never throws, whatever the bytes are.
*/
std::optional<Message> read (const void* bytes, size_t count);

/** Whether bytes are UTF-8 without NUL, as strictly as Python takes it. */
bool isText (const char* bytes, size_t count);

} // namespace synthmatch::osc
