#pragma once

#include "SessionView.h"

namespace synthmatch::test
{

/** A state of the window, by the name of its picture. */
struct NamedState
{
    juce::String name;
    SessionView view;
    std::vector<float> heard; // by the look-back
};

/** A note that is plucked at 0.35 s and dies away, with a second softer one after it. */
inline std::shared_ptr<Region> pluckedRegion()
{
    constexpr double rateHz = 44100.0;
    auto region = std::make_shared<Region>();
    region->sampleRateHz = rateHz;
    region->audio.setSize (1, (int) (6.0 * rateHz));
    juce::Random random (1);
    for (int i = 0; i < region->audio.getNumSamples(); ++i)
    {
        const double first = i / rateHz - 0.35;
        const double second = i / rateHz - 2.6;
        double level = 0.0;
        if (first > 0.0)
            level += 0.85 * std::exp (-2.1 * first) * (1.0 + 0.12 * std::sin (31.0 * first));
        if (second > 0.0)
            level += 0.45 * std::exp (-1.7 * second) * (1.0 + 0.2 * std::sin (19.0 * second));
        region->audio.setSample (0, i, (float) level * (random.nextFloat() * 2.0f - 1.0f));
    }
    region->startS = 0.28;
    region->endS = 5.2;
    region->onsetS = 0.35;
    region->name = "plucked_string.flac";
    region->file =
        juce::File::getSpecialLocation (juce::File::tempDirectory).getChildFile ("plucked_string.flac");
    return region;
}

/** The peaks of a phrase of a few notes. */
inline std::vector<float> playedPeaks()
{
    std::vector<float> peaks (400);
    juce::Random random (2);
    for (size_t i = 0; i < peaks.size(); ++i)
    {
        const double beat = std::fmod ((double) i, 50.0) / 50.0;
        const double accent = i / 50 % 4 == 0 ? 0.8 : 0.5;
        peaks[i] = (float) (accent * std::exp (-3.0 * beat) * (0.75 + 0.25 * random.nextDouble()));
    }
    return peaks;
}

inline std::vector<CandidateView> eightCandidates()
{
    struct Row
    {
        float similarity;
        const char* tells[4];
    };
    const Row table[] = {
        { 91.6f, { "saw, 2 octaves", "LP 24 dB at 1.2 kHz, envelope +2 oct", "pluck 380 ms", "reverb 22%" } },
        { 89.9f, { "saw+pulse", "LP 12 dB at 2.1 kHz", "pluck 410 ms", "chorus 31%, reverb 18%" } },
        { 87.2f, { "triangle+noise", "filters open", "decay 1.1 s to 20%", "delay 12%" } },
        { 84.0f, { "pulse", "LP 24 dB at 900 Hz", "pluck 350 ms", "LFO 4.2 Hz on width 1" } },
        { 82.5f, { "saw+FM", "BP 12 dB at 1.4 kHz", "pluck 390 ms", "reverb 35%" } },
        { 78.1f, { "saw, 3 octaves", "HP 12 dB at 120 Hz", "attack 40 ms, decay 900 ms to 35%", "" } },
        { 71.3f, { "pulse+ring mod", "LP 24 dB at 640 Hz, envelope +4 oct", "pluck 290 ms", "chorus 55%" } },
        { -1.0f, { "noise", "BP 24 dB at 3.3 kHz", "decay 600 ms", "" } },
    };
    std::vector<CandidateView> candidates;
    for (const auto& row : table)
    {
        CandidateView candidate;
        candidate.rank = candidate.candidate = (int) candidates.size() + 1;
        candidate.note.pitch = 57;
        candidate.similarity = row.similarity;
        candidate.presetPath = "/tmp/plucked_string-" + juce::String (candidate.rank) + ".fxp";
        if (row.similarity >= 0.0f)
            candidate.renderPath = "/tmp/plucked_string-" + juce::String (candidate.rank) + ".wav";
        for (const auto* tell : row.tells)
            if (juce::String (tell).isNotEmpty())
                candidate.tells.push_back (tell);
        candidates.push_back (candidate);
    }
    return candidates;
}

/** As it is when a project is opened: nothing was asked for. */
inline SessionView listening()
{
    SessionView view;
    view.budgetS = 10.0f;
    return view;
}

/** A captured sound, and two Surge XT that answer. */
inline SessionView captured()
{
    auto view = listening();
    view.capture = CaptureState::captured;
    view.region = pluckedRegion();
    return view;
}

inline SessionView connected()
{
    auto view = captured();
    view.link.state = LinkState::connected;
    view.link.model = "ready";
    view.instances = { { 53280, "/home/me/Surge XT/Patches/Keys/Warm Keys", true, false },
                       { 53281, "/usr/share/surge-xt/patches_factory/Basses/Attacky", true, false } };
    view.instancesKnown = true;
    view.chosenPort = 53280;
    return view;
}

inline SessionView matched()
{
    auto view = connected();
    view.match = MatchState::done;
    view.candidates = eightCandidates();
    view.job = 1;
    view.selected = 1;
    view.write = WriteState::verified;
    view.canUndo = true;
    return view;
}

/** All that the window can show, in the order in which a musician meets it. */
inline std::vector<NamedState> allStates()
{
    std::vector<NamedState> states;
    const auto add = [&states] (const char* name, const SessionView& view, bool isPlaying = false)
    { states.push_back ({ name, view, isPlaying ? playedPeaks() : std::vector<float>() }); };

    add ("empty", listening());
    add ("listening", listening(), true);

    auto armed = listening();
    armed.capture = CaptureState::armedTransport;
    add ("armed", armed, true);

    auto recording = listening();
    recording.capture = CaptureState::recording;
    recording.recordedS = 3.2;
    add ("recording", recording, true);

    add ("captured", captured());

    auto starting = captured();
    starting.match = MatchState::connecting;
    starting.link.state = LinkState::starting;
    starting.link.elapsedS = 2.4f;
    add ("starting", starting);

    auto loading = connected();
    loading.match = MatchState::connecting;
    loading.link.model = "loading";
    loading.link.modelFraction = 0.62f;
    loading.link.elapsedS = 5.1f;
    add ("loading", loading);

    auto matching = connected();
    matching.match = MatchState::matching;
    matching.stage = "render";
    matching.fraction = 0.45f;
    matching.remainingS = 2.3f;
    matching.locks[(int) Section::effects] = true;
    add ("matching", matching);

    add ("candidates", matched());

    auto improving = matched();
    improving.match = MatchState::improving;
    improving.stage = "refine";
    improving.fraction = 0.3f;
    improving.remainingS = 6.8f;
    improving.selected = -1;
    improving.write = WriteState::none;
    improving.canUndo = false;
    add ("improving", improving);

    auto differs = matched();
    differs.selected = 3;
    differs.write = WriteState::differs;
    differs.writeRemark = "3 parameters are not as asked, after 3 attempts.";
    differs.audition = Audition::candidate;
    differs.remark = "The GPU's memory is full: the model runs on the CPU from now on.";
    add ("differs", differs);

    auto noBackend = captured();
    noBackend.match = MatchState::failed;
    noBackend.link.state = LinkState::failed;
    noBackend.link.problem = "The backend did not start: the program synthmatch was not found.";
    noBackend.link.nextStep =
        "Install Synthmatch on this computer, or start synthmatch serve in a terminal and try again.";
    add ("no-backend", noBackend);

    auto noSurge = connected();
    noSurge.instances.clear();
    noSurge.chosenPort = 0;
    add ("no-surge", noSurge);

    auto problem = matched();
    problem.problem = { "Surge XT on port 53280 does not answer any more.",
                        "See whether it is still open, or choose another one below." };
    problem.write = WriteState::failed;
    add ("problem", problem);

    auto reopened = matched();
    reopened.link = {};
    reopened.match = MatchState::none;
    reopened.outdated = true;
    reopened.write = WriteState::none;
    reopened.canUndo = reopened.instancesKnown = false;
    reopened.instances.clear();
    add ("reopened", reopened);
    return states;
}

} // namespace synthmatch::test
