#pragma once

#include "SessionView.h"

#include <juce_audio_processors/juce_audio_processors.h>

namespace synthmatch::test
{

/** A session that shows what it is given, and writes down what it is asked for. */
class FakeSession final : public SessionCommands
{
public:
    FakeSession()
    {
        change ([] (SessionView&) {});
    }

    /** Shows the same with a change, as a newer version. */
    template <typename Change>
    void change (Change&& make)
    {
        auto next = current == nullptr ? std::make_shared<SessionView>()
                                       : std::make_shared<SessionView> (*current);
        make (*next);
        ++next->version;
        current = next;
    }

    void show (const SessionView& view)
    {
        change (
            [&view] (SessionView& next)
            {
                const int version = next.version;
                next = view;
                next.version = version;
            });
    }

    juce::StringArray asked;  // what was asked for, in order
    std::vector<float> peaks; // what is heard; nothing where it is empty
    mutable int readings = 0; // how often it was looked at

    /** The last thing that was asked for, or nothing. */
    juce::String lastAsked() const { return asked.isEmpty() ? juce::String() : asked[asked.size() - 1]; }

    SessionViewPtr view() const override { return current; }

    void readPeaks (std::vector<float>& out, double) const override
    {
        ++readings;
        for (size_t i = 0; i < out.size(); ++i)
            out[i] = peaks.empty() ? 0.0f : peaks[i * peaks.size() / out.size()];
    }

    void setLookBack (double seconds) override { ask ("setLookBack " + juce::String (seconds, 1)); }
    void startRecording() override { ask ("startRecording"); }
    void stopRecording() override { ask ("stopRecording"); }
    void armTransport() override { ask ("armTransport"); }
    void armSound() override { ask ("armSound"); }
    void disarm() override { ask ("disarm"); }
    void loadFile (const juce::File& file) override { ask ("loadFile " + file.getFileName()); }
    void setTrim (double startS, double endS) override
    {
        ask ("setTrim " + juce::String (startS, 2) + " " + juce::String (endS, 2));
    }
    void clearRegion() override { ask ("clearRegion"); }
    void match() override { ask ("match"); }
    void moreLike (int index) override { ask ("moreLike " + juce::String (index)); }
    void setMoreAmount (float amount) override
    {
        ask ("setMoreAmount " + juce::String (amount, 2));
        change ([amount] (SessionView& next) { next.moreAmount = amount; });
    }
    void cancel() override { ask ("cancel"); }
    void select (int index) override { ask ("select " + juce::String (index)); }
    void selectNext() override { ask ("selectNext"); }
    void selectPrevious() override { ask ("selectPrevious"); }
    void undo() override { ask ("undo"); }
    void keep (int index, const juce::File& file) override
    {
        ask ("keep " + juce::String (index) + " " + file.getFileName());
    }
    void setAudition (Audition audition) override
    {
        ask (audition == Audition::none     ? "hear nothing"
             : audition == Audition::target ? "hear target"
                                            : "hear candidate");
        change ([audition] (SessionView& next) { next.audition = audition; });
    }
    void refreshInstances() override { ask ("refreshInstances"); }
    void chooseInstance (int port) override { ask ("chooseInstance " + juce::String (port)); }
    void setLock (Section section, bool locked) override
    {
        ask ("setLock " + juce::String ((int) section) + (locked ? " on" : " off"));
    }
    void setBudget (float seconds) override { ask ("setBudget " + juce::String (seconds, 0)); }
    void setAddress (const juce::String& address) override { ask ("setAddress " + address); }
    void retryLink() override { ask ("retryLink"); }
    void dismissProblem() override { ask ("dismissProblem"); }
    juce::File logFolder() const override
    {
        return juce::File::getSpecialLocation (juce::File::tempDirectory);
    }

private:
    SessionViewPtr current;

    void ask (const juce::String& what) { asked.add (what); }
};

/** The least processor that an editor can belong to. */
class FakeProcessor final : public juce::AudioProcessor
{
public:
    const juce::String getName() const override { return "Synthmatch"; }
    void prepareToPlay (double, int) override {}
    void releaseResources() override {}
    void processBlock (juce::AudioBuffer<float>&, juce::MidiBuffer&) override {}
    using juce::AudioProcessor::processBlock;
    double getTailLengthSeconds() const override { return 0.0; }
    bool acceptsMidi() const override { return false; }
    bool producesMidi() const override { return false; }
    juce::AudioProcessorEditor* createEditor() override { return nullptr; }
    bool hasEditor() const override { return true; }
    int getNumPrograms() override { return 1; }
    int getCurrentProgram() override { return 0; }
    void setCurrentProgram (int) override {}
    const juce::String getProgramName (int) override { return {}; }
    void changeProgramName (int, const juce::String&) override {}
    void getStateInformation (juce::MemoryBlock&) override {}
    void setStateInformation (const void*, int) override {}
};

} // namespace synthmatch::test
