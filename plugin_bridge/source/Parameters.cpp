#include "Parameters.h"

#include <mutex>

namespace synthmatch
{

namespace
{
    constexpr int versionHint = 1;
}

/** Counts how often it went from off to on. */
class Parameters::Trigger final : public juce::AudioParameterBool
{
public:
    Trigger (const juce::String& id, const juce::String& name, const std::atomic<bool>& countsFrom)
        : AudioParameterBool (juce::ParameterID { id, versionHint }, name, false), counts (countsFrom)
    {
    }

    bool takeClick() noexcept { return clicked.exchange (false); }

private:
    void valueChanged (bool on) override
    {
        if (on && ! wasOn.exchange (on) && counts.load())
            clicked.store (true);
        wasOn.store (on);
    }

    const std::atomic<bool>& counts;
    std::atomic<bool> wasOn { false };
    std::atomic<bool> clicked { false };
};

/** Knows which changes came from the host. */
class Parameters::Candidate final : public juce::AudioParameterInt
{
public:
    explicit Candidate (const std::atomic<bool>& countsFrom)
        : AudioParameterInt (juce::ParameterID { "candidate", versionHint }, "Candidate", 0, mostCandidates, 0),
          counts (countsFrom)
    {
    }

    /** The newest value that the host has asked for since the last call; below 0 for none. */
    int takeAsked() noexcept { return asked.exchange (-1); }

    void show (int value)
    {
        last.store (value);
        if (value != get())
            setValueNotifyingHost (convertTo0to1 ((float) value));
    }

private:
    void valueChanged (int value) override
    {
        if (last.exchange (value) != value && counts.load())
            asked.store (value);
    }

    const std::atomic<bool>& counts;
    std::atomic<int> last { 0 };
    std::atomic<int> asked { -1 };
};

class Parameters::LookBack final : public juce::AudioParameterFloat
{
public:
    LookBack()
        : AudioParameterFloat (juce::ParameterID { "look_back", versionHint }, "Look Back",
                               juce::NormalisableRange<float> ((float) shortestLookBackS, (float) longestLookBackS,
                                                               0.1f),
                               (float) usualLookBackS,
                               juce::AudioParameterFloatAttributes().withLabel ("s"))
    {
    }

    /** Whether the host has changed it since the last call. */
    bool takeAsked() noexcept { return asked.exchange (false); }

    void show (double seconds)
    {
        const auto legal = range.snapToLegalValue ((float) seconds);
        last.store (inSteps (legal));
        if (inSteps (legal) != inSteps (get()))
            setValueNotifyingHost (convertTo0to1 (legal));
    }

private:
    static int inSteps (float seconds) { return juce::roundToInt (seconds * 10.0f); }

    void valueChanged (float seconds) override
    {
        if (last.exchange (inSteps (seconds)) != inSteps (seconds))
            asked.store (true);
    }

    std::atomic<int> last { inSteps ((float) usualLookBackS) };
    std::atomic<bool> asked { false };
};

/** Keeps the message thread from parameters that are gone. */
struct Parameters::Guard
{
    std::recursive_mutex mutex; // a host may destroy us while it is told
    Parameters* owner = nullptr;
};

Parameters::Parameters (juce::AudioProcessor& processor, HostSide hostToUse)
    : host (std::move (hostToUse)), guard (std::make_shared<Guard>())
{
    guard->owner = this;
    shownAtS.fill (-1.0e9);
    const auto add = [&processor] (auto parameter)
    {
        auto* added = parameter.get();
        processor.addParameter (parameter.release());
        return added;
    };
    matchTrigger = add (std::make_unique<Trigger> ("match", "Match", processes));
    capture = add (std::make_unique<juce::AudioParameterBool> (juce::ParameterID { "capture", versionHint },
                                                               "Capture", false));
    candidate = add (std::make_unique<Candidate> (processes));
    undoTrigger = add (std::make_unique<Trigger> ("undo", "Undo", processes));
    lookBack = add (std::make_unique<LookBack>());
}

Parameters::~Parameters()
{
    const std::lock_guard<std::recursive_mutex> lock (guard->mutex);
    guard->owner = nullptr;
}

void Parameters::follow (AudioEngine& engine) noexcept
{
    const auto capturing = capture->get();
    if (processes.exchange (true) && capturing != wasCapturing)
    {
        if (capturing)
            engine.startRecording();
        else
            engine.stopRecording();
    }
    wasCapturing = capturing;
}

void Parameters::exchange (SessionCommands& session)
{
    const auto nowS = juce::Time::getMillisecondCounterHiRes() / 1000.0;
    if (lookBack->takeAsked())
    {
        shownLookBackS = lookBack->get();
        session.setLookBack (shownLookBackS);
    }
    const auto asked = candidate->takeAsked();
    if (asked >= 0 && nowS - shownAtS[(size_t) asked] > host.echoS)
    {
        askedAtS = nowS;
        if (asked > 0)
            session.select (asked - 1);
    }
    if (matchTrigger->takeClick())
        session.match();
    if (undoTrigger->takeClick())
        session.undo();

    const auto view = session.view();
    const auto selected = view->selected + 1 <= mostCandidates ? view->selected + 1 : 0;
    const auto differs = selected != shownCandidate || view->lookBackS != shownLookBackS;
    if (differs && nowS - askedAtS > host.echoS) // what the host asks for needs some time to be there
    {
        shownCandidate = selected;
        shownAtS[(size_t) selected] = nowS;
        shownLookBackS = view->lookBackS;
        tellHost();
    }
}

void Parameters::show (double lookBackS, int rank)
{
    lookBack->show (lookBackS);
    candidate->show (juce::jlimit (0, mostCandidates, rank));
}

void Parameters::tellHost()
{
    wantedCandidate.store (shownCandidate);
    wantedLookBackS.store (shownLookBackS);
    if (telling.exchange (true))
        return;
    const auto sent = host.callLater (
        [weak = std::weak_ptr<Guard> (guard)]
        {
            const auto strong = weak.lock();
            if (strong == nullptr)
                return;
            const std::lock_guard<std::recursive_mutex> lock (strong->mutex);
            if (auto* owner = strong->owner)
            {
                owner->telling.store (false);
                owner->show (owner->wantedLookBackS.load(), owner->wantedCandidate.load());
            }
        });
    if (! sent)
        telling.store (false);
}

} // namespace synthmatch
