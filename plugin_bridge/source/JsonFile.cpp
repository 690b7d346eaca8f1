#include "JsonFile.h"

#include "Osc.h"

#include <algorithm>

namespace synthmatch
{

namespace
{

constexpr int maxBytes = 4096;
constexpr int maxOpened = 8;

/** Whether reading it cannot go deep: JUCE's reader calls itself for each bracket. */
bool isShallow (const std::string& text)
{
    const auto opens = [] (char letter) { return letter == '{' || letter == '['; };
    return std::count_if (text.begin(), text.end(), opens) <= maxOpened;
}

} // namespace

JsonFile readJsonFile (const juce::File& file)
{
    if (! file.exists())
        return {};

    juce::FileInputStream stream (file);

    if (stream.failedToOpen() || file.isDirectory())
        return { JsonFile::State::unreadable, {} };

    std::string text (maxBytes + 1, '\0');
    text.resize (static_cast<size_t> (juce::jmax (0, stream.read (text.data(), maxBytes + 1))));
    const auto readable
        = text.size() <= maxBytes && osc::isText (text.data(), text.size()) && isShallow (text);
    juce::var values;

    if (! readable || juce::JSON::parse (juce::String::fromUTF8 (text.c_str()), values).failed()
        || values.getDynamicObject() == nullptr)
        return { JsonFile::State::damaged, {} };

    return { JsonFile::State::read, values };
}

} // namespace synthmatch
