#include "ProtocolCodec.h"

namespace synthmatch::protocol
{

namespace
{

/** Writes down what a layout says. */
class Describer
{
public:
    Describer (juce::StringArray& linesToFill, juce::String addressToUse)
        : lines (linesToFill), address (std::move (addressToUse))
    {
    }

    void whole (const char* name, int) { add (name, "i", {}); }
    void whole (const char* name, int, int low, int high) { add (name, "i", limits (low, high)); }
    void real (const char* name, float) { add (name, "f", {}); }
    void real (const char* name, float, int low, int high) { add (name, "f", limits (low, high)); }
    void text (const char* name, const juce::String&) { add (name, "s", {}); }
    void text (const char* name, const juce::String&, int low, int high)
    {
        add (name, "s", limits (low, high) + " characters");
    }
    void word (const char* name, const juce::String&, Words allowed) { add (name, "s", joined (allowed)); }
    void words (const juce::String& name, const std::vector<juce::String>&, Words allowed)
    {
        add (name, "i", limits (0, static_cast<int> (allowed.size())));
        add (name + "[]", "s", joined (allowed));
    }
    void texts (const juce::String& name, const std::vector<juce::String>&)
    {
        add (name, "i", "0..");
        add (name + "[]", "s", {});
    }
    void yes (const char* name, bool) { add (name, "i", "0, 1"); }

    template <typename Item, typename Visit>
    void list (const char* name, const std::vector<Item>&, Visit visit)
    {
        const Item item;
        add (name, "i", "0..");
        visit (*this, item);
    }

private:
    static juce::String limits (int low, int high) { return juce::String (low) + ".." + juce::String (high); }

    void add (const juce::String& name, const char* type, const juce::String& allowed)
    {
        lines.add (address + "\t" + name + "\t" + type + "\t" + allowed);
    }

    juce::StringArray& lines;
    juce::String address;
};

template <typename Record>
void describe (juce::StringArray& lines)
{
    const Record record;
    Describer describer (lines, Layout<Record>::address);
    const auto before = lines.size();
    Layout<Record>::visit (describer, record);

    if (lines.size() == before)
        lines.add (Layout<Record>::address);
}

template <typename... Records>
void describeAll (juce::StringArray& lines, const std::variant<Records...>*)
{
    (describe<Records> (lines), ...);
}

} // namespace

juce::StringArray describe()
{
    juce::StringArray lines;
    describe<RequestHead> (lines);
    describeAll (lines, static_cast<const Request*> (nullptr));
    describe<Ack> (lines);
    describe<AnswerHead> (lines);
    describeAll (lines, static_cast<const Answer*> (nullptr));
    describe<EventHead> (lines);
    describeAll (lines, static_cast<const Event*> (nullptr));
    return lines;
}

} // namespace synthmatch::protocol
