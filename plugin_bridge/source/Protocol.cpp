#include "Protocol.h"

#include "ProtocolCodec.h"

#include <algorithm>

namespace synthmatch::protocol
{

namespace
{

bool isAmong (const juce::String& value, Words words)
{
    return std::any_of (words.begin(), words.end(), [&] (const char* word) { return value == word; });
}

bool areDistinct (std::vector<juce::String> values)
{
    std::sort (values.begin(), values.end());
    return std::adjacent_find (values.begin(), values.end()) == values.end();
}

} // namespace

juce::String joined (Words words)
{
    juce::StringArray all;

    for (const auto* word : words)
        all.add (word);

    return all.joinIntoString (", ");
}

//======================================================================= writing
void Writer::whole (const char* name, int value, int low, int high)
{
    if (value < low || value > high)
        wrong (name, juce::String (value), "from " + juce::String (low) + " to " + juce::String (high));

    message.arguments.push_back (value);
}

void Writer::real (const char*, float value) { message.arguments.push_back (value); }

void Writer::real (const char* name, float value, float low, float high)
{
    if (! (value >= low && value <= high))
        wrong (name, juce::String (value), "from " + juce::String (low) + " to " + juce::String (high));

    message.arguments.push_back (value);
}

void Writer::text (const char* name, const juce::String& value, int low, int high)
{
    if (value.length() < low || value.length() > high)
        wrong (name, value.quoted(),
               "from " + juce::String (low) + " to " + juce::String (high) + " characters long");

    message.arguments.push_back (value);
}

void Writer::word (const char* name, const juce::String& value, Words allowed)
{
    if (! isAmong (value, allowed))
        wrong (name, value.quoted(), "one of " + joined (allowed));

    message.arguments.push_back (value);
}

void Writer::words (const char* name, const std::vector<juce::String>& values, Words allowed)
{
    if (! areDistinct (values))
        wrong (name, "the same twice", "each of " + joined (allowed) + " at most once");

    message.arguments.push_back (static_cast<int> (values.size()));

    for (const auto& value : values)
        word (name, value, allowed);
}

void Writer::texts (const char*, const std::vector<juce::String>& values)
{
    message.arguments.push_back (static_cast<int> (values.size()));

    for (const auto& value : values)
        message.arguments.push_back (value);
}

void Writer::wrong (const char* name, const juce::String& value, const juce::String& allowed)
{
    if (fault.isEmpty())
        fault << message.address.fromLastOccurrenceOf ("/", false, false) << '.' << name << " is "
              << value.substring (0, 60) << ", and must be " << allowed << '.';
}

osc::Datagram Writer::finish() const
{
    return fault.isEmpty() ? osc::write (message) : osc::Datagram { {}, fault };
}

//======================================================================= reading
template <typename Value>
const Value* Reader::take()
{
    const auto* value = fits && next < arguments.size() ? std::get_if<Value> (&arguments[next]) : nullptr;
    ++next;
    fits = value != nullptr;
    return value;
}

int Reader::count()
{
    int value = 0;
    whole ({}, value, 0);
    return value;
}

void Reader::whole (const char*, int& value, int low, int high)
{
    if (const auto* taken = take<juce::int32>())
    {
        fits = *taken >= low && *taken <= high;
        value = *taken;
    }
}

void Reader::real (const char*, float& value, float low, float high)
{
    if (const auto* taken = take<float>())
    {
        fits = *taken >= low && *taken <= high;
        value = *taken;
    }
}

void Reader::text (const char*, juce::String& value, int low, int high)
{
    if (const auto* taken = take<juce::String>())
    {
        fits = taken->length() >= low && taken->length() <= high;
        value = *taken;
    }
}

void Reader::word (const char* name, juce::String& value, Words allowed)
{
    text (name, value);
    fits = fits && isAmong (value, allowed);
}

void Reader::words (const char* name, std::vector<juce::String>& values, Words allowed)
{
    texts (name, values);
    fits = fits && areDistinct (values)
           && std::all_of (values.begin(), values.end(),
                           [&] (const auto& one) { return isAmong (one, allowed); });
}

void Reader::texts (const char* name, std::vector<juce::String>& values)
{
    list (name, values, [name] (Reader& item, juce::String& value) { item.text (name, value); });
}

void Reader::yes (const char* name, bool& value)
{
    int number = 0;
    whole (name, number, 0, 1);
    value = number == 1;
}

//======================================================================= whole messages
osc::Datagram write (const RequestHead& head, const Request& request) { return writeOneOf (head, request); }

osc::Datagram write (const RequestHead& head, const Ack& ack) { return writeRecord (head, ack); }

std::optional<Message<AnswerHead, Answer>> readAnswer (const void* bytes, size_t count)
{
    return readMessage<AnswerHead, Answer> (bytes, count);
}

std::optional<Message<EventHead, Event>> readEvent (const void* bytes, size_t count)
{
    return readMessage<EventHead, Event> (bytes, count);
}

} // namespace synthmatch::protocol
