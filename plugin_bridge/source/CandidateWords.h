#pragma once

#include "SessionView.h"

/** What the window says of the candidates, and what can be done with them. */
namespace synthmatch::words
{

/** How the last write went; empty if there is nothing to say. */
juce::String writeStatus (const SessionView&);

/** The candidate that is selected, or nullptr. */
const CandidateView* selectedCandidate (const SessionView&);

/** Whether there is something to hear. */
bool canHearTarget (const SessionView&);
bool canHearCandidate (const SessionView&);

/** Whether there is a candidate that more can be asked for like it. */
bool canAskForMore (const SessionView&);

/** What space plays: the other of target and candidate than was heard last; none if there is neither. */
Audition otherAudition (const SessionView&, Audition last);

/** One candidate in full, for tooltips and screen readers. */
juce::String candidateName (const SessionView&, int index);

/** Of each candidate's tells, those that not all candidates share; all where nothing else would be left. */
std::vector<std::vector<juce::String>> tellsApart (const std::vector<CandidateView>&);

} // namespace synthmatch::words
