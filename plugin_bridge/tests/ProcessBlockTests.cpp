#include "AudioThreadGuard.h"
#include "PluginProcessor.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

using namespace synthmatch;

TEST_CASE ("processBlock neither allocates nor locks nor calls the system", "[audio thread][processor]")
{
    PluginProcessor processor;
    processor.setPlayConfigDetails (2, 2, 48000.0, 64);
    processor.prepareToPlay (48000.0, 64);
    juce::MidiBuffer midi;
    auto block = sounds::tone (48000.0, 64 / 48000.0, 1000.0, 0.5f);

    juce::AudioProcessorParameter* capture = nullptr;
    for (auto* parameter : processor.getParameters())
        if (auto* named = dynamic_cast<juce::AudioProcessorParameterWithID*> (parameter))
            if (named->paramID == "capture")
                capture = parameter;
    REQUIRE (capture != nullptr);

    int allocations = 0, locks = 0, systemCalls = 0;
    for (const auto value : { 0.0f, 1.0f, 1.0f, 0.0f })
    {
        capture->setValueNotifyingHost (value);
        const AudioThreadGuard guard;
        for (int i = 0; i < 1000; ++i)
            processor.processBlock (block, midi);
        processor.processBlockBypassed (block, midi);
        allocations += guard.allocations();
        locks += guard.locks();
        systemCalls += guard.systemCalls();
    }
    CHECK (allocations == 0);
    CHECK (locks == 0);
    CHECK (systemCalls == 0);
    processor.releaseResources();
}
