#include "SessionRig.h"

#include "PluginProcessor.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    /** The plugin as a host uses it, with a backend of ours. */
    struct Host
    {
        explicit Host (double echoS = 0.0) : processor (outside(), { later(), echoS })
        {
            processor.setPlayConfigDetails (2, 2, rateHz, blockSamples);
            processor.prepareToPlay (rateHz, blockSamples);
        }

        Session::Outside outside()
        {
            Session::Outside needs;
            needs.makeLink = [this] (BackendLink::Listener& listener)
            { return std::make_unique<Link> (backend, listener); };
            return needs;
        }

        juce::AudioProcessorParameter& parameter (const juce::String& id)
        {
            for (auto* each : processor.getParameters())
                if (const auto* named = dynamic_cast<juce::AudioProcessorParameterWithID*> (each);
                    named != nullptr && named->paramID == id)
                    return *each;
            throw std::runtime_error ("no such parameter");
        }

        /** As hosts do, from whatever thread. */
        void set (const juce::String& id, float normalised) { parameter (id).setValue (normalised); }

        void setCandidate (int value) { set ("candidate", (float) value / Parameters::mostCandidates); }
        int candidate() { return juce::roundToInt (parameter ("candidate").getValue() * Parameters::mostCandidates); }

        void hear (const juce::AudioBuffer<float>& sound)
        {
            juce::MidiBuffer noMidi;
            for (int start = 0; start < sound.getNumSamples(); start += blockSamples)
            {
                juce::AudioBuffer<float> block (2, juce::jmin (blockSamples, sound.getNumSamples() - start));
                for (int channel = 0; channel < 2; ++channel)
                    block.copyFrom (channel, 0, sound, channel, start, block.getNumSamples());
                processor.processBlock (block, noMidi);
            }
        }

        void hearTone (double seconds = 4.0) { hear (sounds::tone (rateHz, seconds, 440.0, 0.5f)); }

        template <typename Condition>
        bool shows (Condition condition)
        {
            return comesTrue ([&] { return condition (*processor.commands().view()); });
        }

        bool holds (int wanted)
        {
            return shows (
                [&] (const SessionView& view) {
                    return view.write == WriteState::verified
                           && backend.held (53280) == std::pair<int, int> { view.job, wanted };
                });
        }

        /** What the message thread does next, which is us. */
        void doMessages()
        {
            std::vector<std::function<void()>> now;
            {
                const std::lock_guard<std::mutex> lock (messageMutex);
                now.swap (messages);
            }
            for (const auto& each : now)
                each();
        }

        template <typename Condition>
        bool comesTrueWithMessages (Condition condition)
        {
            return comesTrue (
                [&]
                {
                    doMessages();
                    return condition();
                });
        }

        std::function<bool (std::function<void()>)> later()
        {
            return [this] (std::function<void()> task)
            {
                const std::lock_guard<std::mutex> lock (messageMutex);
                messages.push_back (std::move (task));
                return true;
            };
        }

        std::mutex messageMutex;
        std::vector<std::function<void()>> messages;

        static constexpr double rateHz = 48000.0;
        static constexpr int blockSamples = 512;

        Backend backend;
        PluginProcessor processor;
    };
}

TEST_CASE ("A whole match by parameters alone", "[parameters]")
{
    Host host;
    host.hearTone();
    host.set ("look_back", (2.0f - 0.5f) / 29.5f);
    CHECK (host.shows ([] (const auto& view) { return view.lookBackS == Approx (2.0); }));
    host.set ("match", 1.0f);
    REQUIRE (host.holds (1));
    CHECK (host.processor.commands().view()->region->lengthS() == Approx (2.0));
    host.set ("match", 1.0f); // on, and still on
    host.setCandidate (3);
    REQUIRE (host.holds (3));
    host.set ("undo", 1.0f);
    REQUIRE (host.shows ([] (const auto& view) { return view.selected == -1; }));
    CHECK (comesTrue ([&] { return host.backend.held (53280) == std::pair<int, int> { 0, 0 }; }));
    CHECK (host.backend.asked<say::StartMatch>().size() == 1);

    host.set ("match", 0.0f);
    host.set ("match", 1.0f);
    host.set ("match", 0.0f); // a click so short that no block sees it
    CHECK (comesTrue ([&] { return host.backend.asked<say::StartMatch>().size() == 2; }));
}

TEST_CASE ("Capture by parameter begins and ends with the very block", "[parameters]")
{
    Host host;
    host.hearTone (1.0);
    host.set ("capture", 1.0f);
    host.hearTone (1.5);
    host.set ("capture", 0.0f);
    host.hearTone (1.0);
    REQUIRE (host.shows ([] (const auto& view) { return view.capture == CaptureState::captured; }));
    CHECK (host.processor.commands().view()->region->audio.getNumSamples() == 72000);

    host.set ("capture", 1.0f); // armed again and matched while it records
    host.hearTone (0.5);
    host.set ("match", 1.0f);
    REQUIRE (host.holds (1));
    CHECK (host.processor.commands().view()->region->lengthS() == Approx (0.5));
}

TEST_CASE ("What a host sets before it processes audio does nothing", "[parameters]")
{
    Host host;
    host.set ("match", 1.0f);
    host.set ("undo", 1.0f);
    host.set ("capture", 1.0f);
    host.setCandidate (2);
    host.hearTone();
    host.set ("look_back", 1.0f); // is done after all of the above
    REQUIRE (host.shows ([] (const auto& view) { return view.lookBackS == longestLookBackS; }));
    CHECK (host.processor.commands().view()->match == MatchState::none);
    CHECK (host.processor.commands().view()->capture == CaptureState::listening);
    CHECK (host.backend.links() == 0);

    host.set ("capture", 0.0f);
    host.hearTone (0.1);
    host.set ("capture", 1.0f);
    host.hearTone (0.1);
    CHECK (host.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
}

TEST_CASE ("The candidate parameter follows the window, tells the host, and does not come back", "[parameters]")
{
    struct Listener final : juce::AudioProcessorParameter::Listener
    {
        void parameterValueChanged (int, float) override { ++changes; }
        void parameterGestureChanged (int, bool) override {}
        std::atomic<int> changes { 0 };
    };

    Host host (3600.0);
    Listener listener;
    host.parameter ("candidate").addListener (&listener);
    host.hearTone();
    host.processor.commands().match();
    REQUIRE (host.holds (1));
    CHECK (host.comesTrueWithMessages ([&] { return host.candidate() == 1; }));
    host.processor.commands().select (2);
    REQUIRE (host.holds (3));
    CHECK (host.comesTrueWithMessages ([&] { return host.candidate() == 3; }));
    CHECK (listener.changes == 2);
    host.setCandidate (1); // the echo of a slow host
    host.setCandidate (3);
    host.processor.commands().setLookBack (9.0);
    REQUIRE (host.comesTrueWithMessages ([&] { return host.parameter ("look_back").getValue() > 0.28f; }));
    CHECK (host.processor.commands().view()->selected == 2);
    CHECK (host.backend.asked<say::WriteCandidate>().size() == 2);
    host.parameter ("candidate").removeListener (&listener);
}

TEST_CASE ("Automation faster than Surge XT ends at its last value, and the parameter is left alone", "[parameters]")
{
    Host host (3600.0);
    host.backend.candidates = 16;
    host.hearTone();
    host.set ("match", 1.0f);
    REQUIRE (host.holds (1));
    REQUIRE (host.comesTrueWithMessages ([&] { return host.candidate() == 1; }));
    for (int round = 0; round < 10; ++round)
        for (int value = 2; value <= 16; ++value)
        {
            host.setCandidate (value);
            host.doMessages();
            REQUIRE (host.candidate() == value);
        }
    CHECK (host.holds (16));
    host.setCandidate (0); // none: what is there stays
    host.hearTone (0.1);
    host.set ("look_back", 0.0f);
    REQUIRE (host.shows ([] (const auto& view) { return view.lookBackS == shortestLookBackS; }));
    CHECK (host.holds (16));
    host.setCandidate (12);
    CHECK (host.holds (12));
}

TEST_CASE ("A rank that is not there is ignored", "[parameters]")
{
    Host host;
    host.hearTone();
    host.setCandidate (2); // before there are any
    host.set ("match", 1.0f);
    REQUIRE (host.holds (1));
    host.setCandidate (9);
    host.set ("look_back", 0.0f);
    REQUIRE (host.shows ([] (const auto& view) { return view.lookBackS == shortestLookBackS; }));
    CHECK (host.holds (1));
}

TEST_CASE ("Messages that come after the plugin is gone touch nothing", "[parameters]")
{
    std::vector<std::function<void()>> late;
    {
        Host host;
        host.hearTone();
        host.set ("match", 1.0f);
        REQUIRE (host.holds (1));
        REQUIRE (comesTrue (
            [&]
            {
                const std::lock_guard<std::mutex> lock (host.messageMutex);
                return ! host.messages.empty();
            }));
        const std::lock_guard<std::mutex> lock (host.messageMutex);
        late = host.messages;
    }
    for (const auto& each : late)
        each();
}
