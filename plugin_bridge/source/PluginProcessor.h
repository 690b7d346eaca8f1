#pragma once

#include "Parameters.h"
#include "Session.h"
#include "WindowSize.h"

#include <juce_audio_processors/juce_audio_processors.h>

namespace synthmatch
{

/** The plugin as the host sees it: an effect that changes nothing and listens. */
class PluginProcessor final : public juce::AudioProcessor
{
public:
    PluginProcessor();

    /** With another backend and message thread, for tests. */
    explicit PluginProcessor (Session::Outside, HostSide = {});

    SessionCommands& commands() { return session; }

    void prepareToPlay (double sampleRateHz, int maximumBlockSamples) override;
    void releaseResources() override;
    bool isBusesLayoutSupported (const BusesLayout&) const override;
    void processBlock (juce::AudioBuffer<float>&, juce::MidiBuffer&) override;
    void processBlockBypassed (juce::AudioBuffer<float>&, juce::MidiBuffer&) override;
    using juce::AudioProcessor::processBlock;
    using juce::AudioProcessor::processBlockBypassed;

    juce::AudioProcessorEditor* createEditor() override;
    bool hasEditor() const override { return true; }
    const juce::String getName() const override { return "Synthmatch"; }
    bool acceptsMidi() const override { return false; }
    bool producesMidi() const override { return false; }
    double getTailLengthSeconds() const override { return 0.0; }
    int getNumPrograms() override { return 1; }
    int getCurrentProgram() override { return 0; }
    void setCurrentProgram (int) override {}
    const juce::String getProgramName (int) override { return {}; }
    void changeProgramName (int, const juce::String&) override {}
    void getStateInformation (juce::MemoryBlock&) override;
    void setStateInformation (const void*, int) override;

private:
    void process (juce::AudioBuffer<float>&);
    void look();
    Session::Outside withLook (Session::Outside);

    AudioEngine engine;
    Parameters parameters;
    std::atomic<bool> bypassed { false };
    WindowSize windowSize;
    Session session; // the last: its thread uses the others

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (PluginProcessor)
};

} // namespace synthmatch
