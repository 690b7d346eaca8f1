#include "SessionKeeper.h"

#include "SavedPreset.h"

namespace synthmatch
{

SessionKeeper::SessionKeeper (SessionShared& sharedToUse, SessionLink& linkToUse)
    : shared (sharedToUse), link (linkToUse)
{
}

void SessionKeeper::keep (int index, const juce::File& destination)
{
    const auto& view = shared.view;
    if (index < 0 || index >= (int) view.candidates.size())
        return;
    const auto candidate = view.candidates[(size_t) index];
    const auto job = view.job;
    const auto here = [this, candidate, destination] (const Problem& fault)
    { keepHere (candidate, destination, fault); };
    if (view.outdated && candidate.preset != nullptr)
        return here ({});
    link.whenConnected (
        [this, candidate, job, destination, here]
        {
            link.ask<protocol::Kept> (
                protocol::KeepCandidate { job, candidate.candidate, destination.getFullPathName() },
                [this] (const protocol::Kept& kept) { done (kept.path); },
                [this, here] (const protocol::Refused& no)
                {
                    if (no.code == "service" || no.code == "link" || no.code == "session")
                        here (problemOf (no)); // it does not have the candidate, but we may
                    else
                        shared.show (About::preset, problemOf (no));
                });
        },
        here);
}

void SessionKeeper::keepHere (const CandidateView& candidate, const juce::File& destination,
                              const Problem& otherwise)
{
    if (candidate.preset == nullptr)
        return shared.show (About::preset, otherwise.exists() ? otherwise : outdatedProblem());
    const auto fault = savePreset (*candidate.preset, destination);
    if (fault.exists())
        shared.show (About::preset, fault);
    else
        done (destination.getFullPathName());
}

void SessionKeeper::done (const juce::String& path)
{
    shared.view.kept = path;
    shared.touched = true;
    shared.clear (About::preset);
}

Problem outdatedProblem()
{
    return { "These presets were found earlier, and the backend no longer holds them.",
             "Click Match to find them again in the same sound; Keep saves them all the same." };
}

} // namespace synthmatch
