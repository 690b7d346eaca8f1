#pragma once

#include "BackendLink.h"
#include "CaptureState.h"
#include "Problem.h"
#include "Region.h"

#include <array>
#include <memory>

namespace synthmatch
{

/** What the match is doing. */
enum class MatchState
{
    none,       // nothing was matched yet
    connecting, // the backend is looked for, started, or loads its model
    writing,    // the region is being written for the backend
    matching,   // see stage, fraction, remainingS
    improving,  // candidates are there, better ones may follow
    done,
    failed,
    cancelled
};

/** Sections of the patch that can be kept as they are. */
enum class Section { osc, filter, envelopes, lfos, effects };
constexpr int sectionCount = 5;
using Locks = std::array<bool, sectionCount>;

/** What sounds through the plugin in place of the track. */
enum class Audition { none, target, candidate };

/** A candidate as it is shown. */
struct CandidateView
{
    int candidate = 0; // its number in its job
    int rank = 0;
    protocol::Note note;
    float distance = -1.0f;
    float similarity = -1.0f;
    juce::String presetPath;
    juce::String renderPath;
    std::vector<juce::String> tells;

    /** The bytes of its `.fxp`, so that the project can keep it; nullptr where it could not be read. */
    std::shared_ptr<const juce::MemoryBlock> preset;
};

/** How the last write into Surge XT went; `none` with a selection: it is shown, and not in Surge XT. */
enum class WriteState
{
    none,
    writing,
    verified,
    unverified,
    queued, // the host has stopped its audio: Surge XT takes it when that runs again
    differs,
    failed
};

/** How far back Match takes the sound, seconds; at most longestLookBackS (CaptureRing.h). */
constexpr double shortestLookBackS = 0.5;
constexpr double usualLookBackS = 4.0;

/** Longest improvement of a match that can be asked for, seconds. */
constexpr float mostBudgetS = 60.0f;

/** Everything the editor shows, at one moment; made by the session, never changed. */
struct SessionView
{
    int version = 0; // rises with every change

    CaptureState capture = CaptureState::listening;
    double lookBackS = usualLookBackS;
    double recordedS = 0.0; // while recording
    RegionPtr region;       // captured or loaded; nullptr while listening

    MatchState match = MatchState::none;
    juce::String stage; // load, propose, render, refine, write
    float fraction = 0.0f;
    float remainingS = -1.0f;
    juce::String remark;

    LinkReport link;

    std::vector<CandidateView> candidates; // by rank; the earlier ones until a newer match has some
    int job = 0;                           // theirs
    int seed = 0;                          // that they were found with
    bool outdated = false; // the backend no longer has them: Match finds them again, Keep still works
    int selected = -1;     // index into candidates; -1: none
    WriteState write = WriteState::none;
    juce::String writeRemark;
    bool canUndo = false;
    juce::String kept; // path of the last kept preset; empty if none

    std::vector<protocol::Instance> instances;
    bool instancesKnown = false; // false until they were asked for
    int chosenPort = 0;          // 0: none; it may be missing in `instances`: then it does not answer
    Locks locks {};
    float budgetS = 10.0f;
    float moreAmount = 0.3f; // how much may change in what is more like a candidate, 0..1
    Audition audition = Audition::none;
    juce::String address; // of a backend elsewhere; empty: the user's own

    Problem problem;
};

using SessionViewPtr = std::shared_ptr<const SessionView>;

/** What the musician can do. All return at once; any thread but the audio thread may call them. */
class SessionCommands
{
public:
    virtual ~SessionCommands() = default;

    virtual SessionViewPtr view() const = 0;

    /** The newest sound, for the moving picture while listening or recording: mono peaks, oldest first.

        @param peaks  filled with the largest magnitude, 0..1 and more, of each of its stretches
        @param seconds  how far back it reaches
    */
    virtual void readPeaks (std::vector<float>& peaks, double seconds) const = 0;

    virtual void setLookBack (double seconds) = 0;
    virtual void startRecording() = 0;
    virtual void stopRecording() = 0;
    virtual void armTransport() = 0;
    virtual void armSound() = 0;
    virtual void disarm() = 0;
    virtual void loadFile (const juce::File&) = 0;
    virtual void setTrim (double startS, double endS) = 0;
    virtual void clearRegion() = 0; // back to listening

    /** The region, or the last seconds where there is none. It replaces a match that runs; the same
        region again is matched with another seed, for other presets.
    */
    virtual void match() = 0;

    /** Match the sound of the candidates again, for presets that are like one of them, itself among these. */
    virtual void moreLike (int index) = 0;
    virtual void setMoreAmount (float amount) = 0; // 0..1
    virtual void cancel() = 0;

    /** Write a candidate into the chosen Surge XT. The best one is selected by itself when a match is final;
        a write ends the improvement of its match.
    */
    virtual void select (int index) = 0;
    virtual void selectNext() = 0;
    virtual void selectPrevious() = 0;
    virtual void undo() = 0;
    virtual void keep (int index, const juce::File& destination) = 0;
    virtual void setAudition (Audition) = 0;

    virtual void refreshInstances() = 0;
    virtual void chooseInstance (int port) = 0;
    virtual void setLock (Section, bool locked) = 0;
    virtual void setBudget (float seconds) = 0;
    virtual void setAddress (const juce::String&) = 0;
    virtual void retryLink() = 0;
    virtual void dismissProblem() = 0;

    virtual juce::File logFolder() const = 0;
};

} // namespace synthmatch
