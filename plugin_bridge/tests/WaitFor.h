#pragma once

#include <juce_core/juce_core.h>

namespace synthmatch
{

/** Wait until a condition holds; false if it never does. */
template <typename Condition>
bool waitFor (Condition condition, double patienceS = 60.0)
{
    const auto untilMs = juce::Time::getMillisecondCounterHiRes() + 1000.0 * patienceS;

    while (! condition())
    {
        if (juce::Time::getMillisecondCounterHiRes() > untilMs)
            return false;

        juce::Thread::sleep (2);
    }

    return true;
}

} // namespace synthmatch
