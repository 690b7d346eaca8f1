#pragma once

#include <juce_core/juce_core.h>

namespace synthmatch
{

/** A sentence for the musician and what can be done about it. */
struct Problem
{
    juce::String sentence; // empty: no problem
    juce::String nextStep;

    bool exists() const { return sentence.isNotEmpty(); }
};

} // namespace synthmatch
