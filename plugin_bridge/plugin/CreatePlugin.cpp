// What every plugin format calls to make an instance.
#include "PluginProcessor.h"

juce::AudioProcessor* JUCE_CALLTYPE createPluginFilter()
{
    return new synthmatch::PluginProcessor();
}
