#pragma once

#include "MatchRounds.h"
#include "SessionCapture.h"
#include "SessionInstances.h"
#include "SessionWriter.h"

namespace synthmatch
{

/** A match from the click to its last round. Session thread only. */
class SessionMatch
{
public:
    SessionMatch (SessionShared&, SessionLink&, SessionCapture&, SessionInstances&, SessionWriter&);

    /** Match the region, or the last seconds. It replaces a match that runs. */
    void begin();

    /** Match the candidates' sound for more like one of them; nothing where there is no such candidate. */
    void beginLike (int index);
    void cancel();

    /** The link has changed; see SessionLink::onChange. */
    void linkChanged (bool isAnew);

    void take (const protocol::Event&);

    bool isActive() const { return phase != Phase::none; }

    /** End what has been silent for too long. */
    void tick();

    /** The candidates come from a saved project: the next match of this region is the same again. */
    void restored();

private:
    enum class Phase
    {
        none,
        connecting, // until the backend is there
        preparing,  // until it knows whose patch the locks keep
        asked,      // until it says the match's number
        running
    };

    void begin (RegionPtr, int seedToUse);
    void connect();
    void prepare();
    void hand();
    void queued (const protocol::Queued&);
    void takeOwn (const protocol::Progress&);
    void takeOwn (const protocol::CandidateReady& ready) { rounds.add (ready); }
    void takeOwn (const protocol::Matched&);
    void takeOwn (const protocol::JobFailed&);
    void takeOwn (const protocol::JobCancelled&);
    void takeOwn (const protocol::ServiceNews&) {}
    void lost();
    void fail (const Problem&);
    void end (MatchState);
    void reset();
    void abandon();
    void showStage (MatchState);
    int nextSeed (const RegionPtr& next) const;

    SessionShared& shared;
    SessionLink& link;
    SessionCapture& capture;
    SessionInstances& instances;
    SessionWriter& writer;

    Phase phase = Phase::none;
    int run = 0; // rises with every match, and with every end of one: what belongs to another is over
    int job = 0; // of the match that runs; 0: not known yet
    int place = 0;
    int seed = 0;
    bool triedAgain = false;
    double heardS = 0.0;
    juce::File handed, handedPreset;
    RegionPtr region;
    std::optional<LikeCandidate> like; // what the candidates are to be like
    RegionPtr matchedRegion; // that the shown candidates were found in
    MatchRounds rounds;
    std::vector<protocol::Event> early; // before the match's number was known
};

} // namespace synthmatch
