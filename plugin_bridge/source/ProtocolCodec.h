#pragma once

#include "ProtocolLayout.h"

#include <initializer_list>

/** Records to OSC messages and back, by nothing but their layout; for Protocol.cpp, and for backends made for
    tests, which speak the other direction.
*/
namespace synthmatch::protocol
{

using Words = std::initializer_list<const char*>;

/** Words with commas between them. */
juce::String joined (Words);

//======================================================================= writing
/** Appends a record's values to a message; keeps the first fault as a sentence. */
class Writer
{
public:
    explicit Writer (juce::String addressToUse) : message { std::move (addressToUse), {} } {}

    void whole (const char* name, int value, int low = std::numeric_limits<int>::min(), int high = most);
    void real (const char* name, float value);
    void real (const char* name, float value, float low, float high);
    void text (const char* name, const juce::String& value, int low = 0, int high = most);
    void word (const char* name, const juce::String& value, Words allowed);
    void words (const char* name, const std::vector<juce::String>& values, Words allowed);
    void texts (const char* name, const std::vector<juce::String>& values);
    void yes (const char*, bool value) { message.arguments.push_back (value ? 1 : 0); }

    template <typename Item, typename Visit>
    void list (const char*, const std::vector<Item>& items, Visit visit)
    {
        message.arguments.push_back (static_cast<int> (items.size()));

        for (const auto& item : items)
            visit (*this, item);
    }

    template <typename Record>
    void append (const Record& record) { Layout<Record>::visit (*this, record); }

    osc::Datagram finish() const;

private:
    void wrong (const char* name, const juce::String& value, const juce::String& allowed);

    osc::Message message;
    juce::String fault;
};

//======================================================================= reading
/** Takes a record's values from the front of a message; `ok` until one is missing, of another type, or beyond
    its limits.
*/
class Reader
{
public:
    explicit Reader (const osc::Message& messageToRead) : arguments (messageToRead.arguments) {}

    bool ok() const { return fits; }
    bool atEnd() const { return next == arguments.size(); }

    void whole (const char*, int& value, int low = std::numeric_limits<int>::min(), int high = most);
    void real (const char*, float& value, float low = std::numeric_limits<float>::lowest(),
               float high = std::numeric_limits<float>::max());
    void text (const char*, juce::String& value, int low = 0, int high = most);
    void word (const char*, juce::String& value, Words allowed);
    void words (const char*, std::vector<juce::String>& values, Words allowed);
    void texts (const char*, std::vector<juce::String>& values);
    void yes (const char*, bool& value);

    template <typename Item, typename Visit>
    void list (const char*, std::vector<Item>& items, Visit visit)
    {
        // Whatever number came, it ends with the arguments.
        for (auto left = count(); left > 0 && fits; --left)
        {
            items.emplace_back();
            visit (*this, items.back());
        }
    }

    template <typename Record>
    void take (Record& record) { Layout<Record>::visit (*this, record); }

private:
    template <typename Value>
    const Value* take();
    int count();

    const std::vector<osc::Argument>& arguments;
    size_t next = 0;
    bool fits = true;
};

//======================================================================= whole messages
template <typename Head, typename Record>
osc::Datagram writeRecord (const Head& head, const Record& record)
{
    Writer writer (Layout<Record>::address);
    writer.append (head);
    writer.append (record);
    return writer.finish();
}

template <typename Head, typename... Records>
osc::Datagram writeOneOf (const Head& head, const std::variant<Records...>& record)
{
    return std::visit ([&] (const auto& one) { return writeRecord (head, one); }, record);
}

template <typename Head, typename Record, typename Body>
bool readRecord (const osc::Message& message, std::optional<Message<Head, Body>>& result)
{
    if (message.address != Layout<Record>::address)
        return false;

    Reader reader (message);
    Message<Head, Body> found;
    Record record;
    reader.take (found.head);
    reader.take (record);

    if (reader.ok() && reader.atEnd())
    {
        found.body = std::move (record);
        result = std::move (found);
    }

    return true;
}

/** The head, and the one of the records that the address names; nothing if it is none, or not exactly it. */
template <typename Head, typename... Records>
std::optional<Message<Head, std::variant<Records...>>> readOneOf (const osc::Message& message,
                                                                  const std::variant<Records...>*)
{
    std::optional<Message<Head, std::variant<Records...>>> result;
    (void) (readRecord<Head, Records> (message, result) || ...);
    return result;
}

template <typename Head, typename Body>
std::optional<Message<Head, Body>> readMessage (const void* bytes, size_t count)
{
    const auto message = osc::read (bytes, count);
    return message ? readOneOf<Head> (*message, static_cast<const Body*> (nullptr)) : std::nullopt;
}

} // namespace synthmatch::protocol
