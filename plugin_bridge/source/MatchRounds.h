#pragma once

#include "SessionView.h"

#include <map>
#include <optional>

namespace synthmatch
{

/** The rounds of one match: what is told candidate by candidate, as lists. */
class MatchRounds
{
public:
    /** Forget all. */
    void clear();

    void add (const protocol::CandidateReady&);

    /** The end of a round.

        @returns  its list by rank, with the presets' bytes (this reads files); none where it changes nothing: it is
                  a round of before, or without candidates
    */
    std::optional<std::vector<CandidateView>> close (const protocol::Matched&);

    /** Number of the last round with a list; 0 before the first. */
    int last() const { return round; }

private:
    std::map<int, CandidateView> arriving; // by rank
    int round = 0;
};

/** The match that an event is of; 0 for one that is of none. */
int jobOf (const protocol::Event&);

/** A candidate that more is wanted like, and how much may change, 0..1. */
struct LikeCandidate
{
    std::shared_ptr<const juce::MemoryBlock> preset;
    protocol::Note note;
    float amount = 0.0f;
};

/** The request for a match of a region that was handed over as a file. */
protocol::StartMatch matchRequest (const Region&, const juce::File& handed, const SessionView&, int seed);

} // namespace synthmatch
