#pragma once

#include "Discovery.h"
#include "TemporaryFolder.h"

#include <map>

namespace synthmatch
{

/** An environment of a few variables. */
inline Variables variables (std::map<juce::String, juce::String> values)
{
    return [values] (const juce::String& name) {
        const auto found = values.find (name);
        return found != values.end() ? found->second : juce::String();
    };
}

/** In a script of `sh`: wait for a file `go`, or until the script is gone, as its test is. */
inline const juce::String untilGo = "while [ -e \"$0\" ] && [ ! -e go ]; do sleep 0.05; done";

/** A program that is a script of `sh`. */
inline juce::File writeProgram (const TemporaryFolder& data, const juce::String& name,
                                const juce::String& script)
{
    const auto program = data.write (name, "#!/bin/sh\n" + script + "\n");
    program.setExecutePermission (true);
    return program;
}

/** An environment that names a script in the folder as the backend. */
inline Variables backendIs (const TemporaryFolder& data, const juce::String& script)
{
    return variables ({ { "SYNTHMATCH_BACKEND", writeProgram (data, "program", script).getFullPathName() } });
}

} // namespace synthmatch
