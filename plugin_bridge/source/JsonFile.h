#pragma once

#include <juce_core/juce_core.h>

namespace synthmatch
{

/** A small JSON object in the user's folder, written by the backend. */
struct JsonFile
{
    enum class State
    {
        missing,
        unreadable, // no permission, or a folder
        damaged,    // torn, too long, not UTF-8, or not an object
        read
    };

    State state = State::missing;
    juce::var values; // an object if it was read
};

/** Read one of at most 4,096 bytes, as backend/discovery.py does. */
JsonFile readJsonFile (const juce::File&);

} // namespace synthmatch
