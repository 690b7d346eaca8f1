#include "SessionRig.h"

#include "PluginProcessor.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    Session::Outside outside (Backend& backend)
    {
        Session::Outside needs;
        needs.makeLink = [&backend] (BackendLink::Listener& listener)
        { return std::make_unique<Link> (backend, listener); };
        return needs;
    }

    /** The transport of a host. */
    struct Head final : juce::AudioPlayHead
    {
        juce::Optional<PositionInfo> getPosition() const override
        {
            PositionInfo info;
            info.setIsPlaying (plays);
            return info;
        }

        bool plays = false;
    };

    void hear (juce::AudioProcessor& processor, const juce::AudioBuffer<float>& sound)
    {
        juce::MidiBuffer noMidi;
        for (int start = 0; start < sound.getNumSamples(); start += 512)
        {
            auto block = sounds::part (sound, start, juce::jmin (512, sound.getNumSamples() - start));
            processor.processBlock (block, noMidi);
        }
    }
}

TEST_CASE ("It takes mono and stereo, and as many out as in", "[processor]")
{
    Backend backend;
    PluginProcessor processor (outside (backend));
    const auto supports = [&] (const juce::AudioChannelSet& in, const juce::AudioChannelSet& out)
    {
        juce::AudioProcessor::BusesLayout layout;
        layout.inputBuses.add (in);
        layout.outputBuses.add (out);
        return processor.checkBusesLayoutSupported (layout);
    };
    const auto mono = juce::AudioChannelSet::mono(), stereo = juce::AudioChannelSet::stereo();
    CHECK (supports (mono, mono));
    CHECK (supports (stereo, stereo));
    CHECK_FALSE (supports (mono, stereo));
    CHECK_FALSE (supports (stereo, mono));
    CHECK_FALSE (supports (juce::AudioChannelSet::create5point1(), juce::AudioChannelSet::create5point1()));
    CHECK_FALSE (supports (juce::AudioChannelSet::disabled(), juce::AudioChannelSet::disabled()));
    CHECK (processor.getLatencySamples() == 0);
}

TEST_CASE ("Audio passes bit for bit, bypassed or not, and is heard all the same", "[processor]")
{
    Backend backend;
    PluginProcessor processor (outside (backend));
    const auto channels = GENERATE (1, 2);
    const auto bypassed = GENERATE (false, true);
    processor.setPlayConfigDetails (channels, channels, 48000.0, 8192);
    processor.prepareToPlay (48000.0, 8192);
    juce::MidiBuffer noMidi;
    for (const auto samples : { 0, 1, 7, 64, 512, 8192 })
    {
        const auto sound = sounds::anyBits (samples, channels, samples + 1);
        auto block = sound;
        if (bypassed)
            processor.processBlockBypassed (block, noMidi);
        else
            processor.processBlock (block, noMidi);
        CHECK (sounds::sameBits (block, sound));
    }
    for (int i = 0; i < 100; ++i)
    {
        auto block = sounds::tone (48000.0, 512 / 48000.0, 440.0, 0.5f, channels);
        if (bypassed)
            processor.processBlockBypassed (block, noMidi);
        else
            processor.processBlock (block, noMidi);
    }
    processor.commands().match();
    CHECK (comesTrue ([&] { return processor.commands().view()->match == MatchState::done; }));
    CHECK (processor.commands().view()->region->audio.getNumChannels() == channels);
}

TEST_CASE ("Bypassing ends an audition", "[processor]")
{
    Backend backend;
    PluginProcessor processor (outside (backend));
    processor.setPlayConfigDetails (2, 2, 48000.0, 512);
    processor.prepareToPlay (48000.0, 512);
    hear (processor, sounds::tone (48000.0, 4.0, 440.0, 0.5f));
    auto& session = processor.commands();
    session.match();
    REQUIRE (comesTrue ([&] { return session.view()->match == MatchState::done; }));
    session.setAudition (Audition::target);
    REQUIRE (comesTrue ([&] { return session.view()->audition == Audition::target; }));
    juce::MidiBuffer noMidi;
    auto block = sounds::silence (48000.0, 512 / 48000.0);
    processor.processBlockBypassed (block, noMidi);
    CHECK (comesTrue ([&] { return session.view()->audition == Audition::none; }));
}

TEST_CASE ("Its transport is the host's", "[processor]")
{
    Backend backend;
    PluginProcessor processor (outside (backend));
    Head head;
    processor.setPlayHead (&head);
    processor.setPlayConfigDetails (2, 2, 48000.0, 512);
    processor.prepareToPlay (48000.0, 512);
    auto& session = processor.commands();
    hear (processor, sounds::silence (48000.0, 0.1));
    session.armTransport();
    REQUIRE (comesTrue ([&] { return session.view()->capture == CaptureState::armedTransport; }));
    head.plays = true;
    hear (processor, sounds::tone (48000.0, 1.0, 440.0, 0.5f));
    REQUIRE (comesTrue ([&] { return session.view()->capture == CaptureState::recording; }));
    processor.releaseResources(); // the host stops altogether
    CHECK (comesTrue ([&] { return session.view()->capture == CaptureState::captured; }));
}

TEST_CASE ("A host saves and restores it, its parameters too", "[processor]")
{
    Backend backend;
    juce::MemoryBlock chunk;
    {
        PluginProcessor processor (outside (backend));
        processor.setPlayConfigDetails (2, 2, 48000.0, 512);
        processor.prepareToPlay (48000.0, 512);
        hear (processor, sounds::tone (48000.0, 4.0, 440.0, 0.5f));
        processor.commands().setLookBack (2.5);
        processor.commands().match();
        REQUIRE (comesTrue ([&] { return processor.commands().view()->write == WriteState::verified; }));
        processor.getStateInformation (chunk);
    }
    PluginProcessor processor (outside (backend));
    processor.setStateInformation (nullptr, 0);
    processor.setStateInformation (chunk.getData(), (int) chunk.getSize());
    for (const auto* each : processor.getParameters())
    {
        if (each->getName (100) == "Look Back")
            CHECK (each->getValue() == Approx (2.0 / 29.5));
        if (each->getName (100) == "Candidate")
            CHECK (each->getValue() == Approx (1.0 / 16.0));
    }
    juce::MemoryBlock again;
    processor.getStateInformation (again);
    CHECK (again == chunk);
    processor.prepareToPlay (48000.0, 512);
    hear (processor, sounds::silence (48000.0, 1.0));
    REQUIRE (comesTrue ([&] { return processor.commands().view()->candidates.size() == 3; }));
    CHECK (processor.commands().view()->write == WriteState::none); // opening a project writes nothing
    CHECK (backend.asked<say::WriteCandidate>().size() == 1);
}

TEST_CASE ("Made, prepared and destroyed, it touches nothing outside", "[processor]")
{
    Backend backend;
    for (int i = 0; i < 20; ++i)
    {
        PluginProcessor processor (outside (backend));
        processor.setPlayConfigDetails (2, 2, 44100.0 + i, 512);
        processor.prepareToPlay (44100.0 + i, 512);
        hear (processor, sounds::silence (48000.0, 0.05));
        processor.releaseResources();
    }
    CHECK (backend.links() == 0);
    const PluginProcessor users; // with the real link, which is not made
    CHECK (users.getName() == "Synthmatch");
}
