/** The plugin's end of the protocol on a terminal, for tests that hold it against the backend in Python.

    `synthmatch_talk describe` prints what the codec holds of every record: see protocol::describe.

    Else it reads a JSON object from each line: {"open": ADDRESS}, {"close": true}, or {"ask": ADDRESS OF A
    REQUEST, "number": N, "arguments": {NAME: VALUE}}; and prints one for all that comes: {"link": ...},
    {"answer": N, "address": ..., "arguments": ...} and {"event": ADDRESS, "arguments": ...}. Arguments have
    their names of plugin_bridge/PROTOCOL.md. It leaves at the end of its input.
*/
#include "BackendClient.h"
#include "ProtocolCodec.h"

#include <iostream>
#include <string>

namespace synthmatch
{

namespace
{

using namespace protocol;

/** A record as a JSON object. */
class JsonOf
{
public:
    juce::var value() const { return object.get(); }

    template <typename Value, typename... Limits>
    void whole (const char* name, const Value& value, const Limits&...) { set (name, value); }
    template <typename... Limits>
    void real (const char* name, float value, const Limits&...) { set (name, value); }
    template <typename... Limits>
    void text (const char* name, const juce::String& value, const Limits&...) { set (name, value); }
    void word (const char* name, const juce::String& value, Words) { set (name, value); }
    void yes (const char* name, bool value) { set (name, value); }
    void words (const char* name, const std::vector<juce::String>& values, Words) { texts (name, values); }
    void texts (const char* name, const std::vector<juce::String>& values)
    {
        juce::Array<juce::var> all;

        for (const auto& value : values)
            all.add (value);

        set (name, all);
    }
    template <typename Item, typename Visit>
    void list (const char* name, const std::vector<Item>& items, Visit visit)
    {
        juce::Array<juce::var> all;

        for (const auto& item : items)
        {
            JsonOf json;
            visit (json, item);
            all.add (json.value());
        }

        set (name, all);
    }

private:
    void set (const char* name, const juce::var& value) { object->setProperty (name, value); }

    juce::DynamicObject::Ptr object = new juce::DynamicObject();
};

/** A record from a JSON object; what is not in it is left as it is. */
class FromJson
{
public:
    explicit FromJson (const juce::var& valuesToRead) : values (valuesToRead) {}

    template <typename... Limits>
    void whole (const char* name, int& value, const Limits&...)
    {
        value = values.getProperty (name, value);
    }
    template <typename... Limits>
    void real (const char* name, float& value, const Limits&...)
    {
        value = values.getProperty (name, value);
    }
    template <typename... Limits>
    void text (const char* name, juce::String& value, const Limits&...)
    {
        value = values.getProperty (name, value).toString();
    }
    void word (const char* name, juce::String& value, Words) { text (name, value); }
    void words (const char* name, std::vector<juce::String>& value, Words)
    {
        if (const auto* all = values[name].getArray())
            for (const auto& one : *all)
                value.push_back (one.toString());
    }

private:
    const juce::var& values;
};

struct Shown
{
    const char* address;
    juce::var arguments;
};

template <typename... Records>
Shown shown (const std::variant<Records...>& record)
{
    return std::visit (
        [] (const auto& one) {
            using Record = std::decay_t<decltype (one)>;
            JsonOf json;
            Layout<Record>::visit (json, one);
            return Shown { Layout<Record>::address, json.value() };
        },
        record);
}

template <typename Record>
bool readAs (const juce::String& address, const juce::var& arguments, std::optional<Request>& request)
{
    if (address != Layout<Record>::address)
        return false;

    Record record;
    FromJson json (arguments);
    Layout<Record>::visit (json, record);
    request = std::move (record);
    return true;
}

template <typename... Records>
std::optional<Request> readRequest (const juce::var& line, const std::variant<Records...>*)
{
    std::optional<Request> request;
    (void) (readAs<Records> (line["ask"].toString(), line["arguments"], request) || ...);
    return request;
}

/** Prints all that comes; the lines of several threads do not mix. */
class Printer final : public BackendLink::Listener
{
public:
    void linkChanged (const LinkReport& report) override
    {
        static constexpr const char* states[] { "idle", "connecting", "starting", "connected", "failed" };
        auto* line = new juce::DynamicObject();
        line->setProperty ("link", states[static_cast<int> (report.state)]);
        line->setProperty ("problem", report.problem);
        line->setProperty ("nextStep", report.nextStep);
        line->setProperty ("folder", report.folder);
        line->setProperty ("model", report.model);
        line->setProperty ("fraction", report.modelFraction);
        print (line);
    }

    void eventCame (const Event& event) override
    {
        const auto [address, arguments] = shown (event);
        auto* line = new juce::DynamicObject();
        line->setProperty ("event", address);
        line->setProperty ("arguments", arguments);
        print (line);
    }

    void answerCame (int number, const Answer& answer)
    {
        const auto [address, arguments] = shown (answer);
        auto* line = new juce::DynamicObject();
        line->setProperty ("answer", number);
        line->setProperty ("address", address);
        line->setProperty ("arguments", arguments);
        print (line);
    }

private:
    void print (juce::DynamicObject* line)
    {
        const auto text = juce::JSON::toString (juce::var (line), true);
        const std::lock_guard<std::mutex> lock (mutex);
        std::cout << text << std::endl;
    }

    std::mutex mutex;
};

void obey (const juce::var& line, BackendClient& client, Printer& printer)
{
    if (line.hasProperty ("open"))
        client.open (line["open"].toString());
    else if (line.hasProperty ("close"))
        client.close();
    else if (const auto request = readRequest (line, static_cast<const Request*> (nullptr)))
        client.ask (*request, [&printer, number = static_cast<int> (line["number"])] (const Answer& answer) {
            printer.answerCame (number, answer);
        });
    else
        std::cerr << "what is " << juce::JSON::toString (line, true) << "?" << std::endl;
}

} // namespace

} // namespace synthmatch

int main (int argc, char* argv[])
{
    using namespace synthmatch;

    if (argc > 1 && juce::String (argv[1]) == "describe")
    {
        for (const auto& line : protocol::describe())
            std::cout << line << "\n";

        return 0;
    }

    Printer printer;
    BackendClient client (printer);

    for (std::string line; std::getline (std::cin, line);)
        obey (juce::JSON::parse (juce::String (juce::CharPointer_UTF8 (line.c_str()))), client, printer);

    return 0;
}
