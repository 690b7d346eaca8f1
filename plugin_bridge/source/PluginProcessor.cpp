#include "PluginProcessor.h"

#include "BackendClient.h"
#include "Discovery.h"
#include "PluginEditor.h"

namespace synthmatch
{

namespace
{
    /** The user's own backend. Nothing is looked for before the session's first need. */
    Session::Outside usersOwn()
    {
        Session::Outside outside;
        outside.makeLink = [] (BackendLink::Listener& listener) { return std::make_unique<BackendClient> (listener); };
        outside.logFolder = logFolder (dataFolder());
        return outside;
    }
}

PluginProcessor::PluginProcessor() : PluginProcessor (usersOwn()) {}

PluginProcessor::PluginProcessor (Session::Outside outside, HostSide host)
    : AudioProcessor (BusesProperties()
                          .withInput ("Input", juce::AudioChannelSet::stereo(), true)
                          .withOutput ("Output", juce::AudioChannelSet::stereo(), true)),
      parameters (*this, std::move (host)), session (engine, withLook (std::move (outside)))
{
}

Session::Outside PluginProcessor::withLook (Session::Outside outside)
{
    outside.look = [this] { look(); };
    return outside;
}

void PluginProcessor::prepareToPlay (double sampleRateHz, int maximumBlockSamples)
{
    engine.prepare (sampleRateHz, maximumBlockSamples);
    session.follow();
}

void PluginProcessor::releaseResources()
{
    engine.suspend();
}

bool PluginProcessor::isBusesLayoutSupported (const BusesLayout& layouts) const
{
    const auto out = layouts.getMainOutputChannelSet();
    return out == layouts.getMainInputChannelSet()
           && (out == juce::AudioChannelSet::mono() || out == juce::AudioChannelSet::stereo());
}

void PluginProcessor::processBlock (juce::AudioBuffer<float>& block, juce::MidiBuffer&)
{
    bypassed.store (false, std::memory_order_relaxed);
    process (block);
}

void PluginProcessor::processBlockBypassed (juce::AudioBuffer<float>& block, juce::MidiBuffer&)
{
    bypassed.store (true, std::memory_order_relaxed);
    process (block);
}

void PluginProcessor::process (juce::AudioBuffer<float>& block)
{
    const juce::ScopedNoDenormals noDenormals;
    parameters.follow (engine);
    const auto* head = getPlayHead();
    const auto position = head != nullptr ? head->getPosition() : juce::Optional<juce::AudioPlayHead::PositionInfo>();
    engine.process (block, position.hasValue(), position.hasValue() && position->getIsPlaying());
}

void PluginProcessor::look()
{
    parameters.exchange (session);
    if (bypassed.load (std::memory_order_relaxed) && session.view()->audition != Audition::none)
        session.setAudition (Audition::none);
}

juce::AudioProcessorEditor* PluginProcessor::createEditor()
{
    return new PluginEditor (*this, session, &windowSize);
}

void PluginProcessor::getStateInformation (juce::MemoryBlock& chunk)
{
    chunk = session.save();
}

void PluginProcessor::setStateInformation (const void* data, int size)
{
    if (data == nullptr || size <= 0)
        return;
    if (const auto state = session.restore (data, (size_t) size))
        parameters.show (state->lookBackS, state->selected + 1);
}

} // namespace synthmatch
