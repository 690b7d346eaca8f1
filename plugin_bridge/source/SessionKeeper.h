#pragma once

#include "SessionLink.h"

namespace synthmatch
{

/** Saves presets where the musician wants them. Session thread only. */
class SessionKeeper
{
public:
    SessionKeeper (SessionShared&, SessionLink&);

    /** Save the preset of a candidate of the list, and never over another file: by the backend, or by ourselves
        where it does not have the candidate any more, or is not there.
    */
    void keep (int index, const juce::File& destination);

private:
    void keepHere (const CandidateView&, const juce::File& destination, const Problem& otherwise);
    void done (const juce::String& path);

    SessionShared& shared;
    SessionLink& link;
};

/** What is said of candidates that the backend has forgotten. */
Problem outdatedProblem();

} // namespace synthmatch
