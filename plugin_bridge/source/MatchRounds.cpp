#include "MatchRounds.h"

#include "SavedPreset.h"

namespace synthmatch
{

namespace
{
    constexpr int candidateCount = 8;
    constexpr std::array<const char*, sectionCount> sectionNames { "osc", "filter", "envelopes", "lfos", "effects" };
}

void MatchRounds::clear()
{
    arriving.clear();
    round = 0;
}

void MatchRounds::add (const protocol::CandidateReady& ready)
{
    arriving[ready.rank] = { ready.candidate,  ready.rank,       ready.note,  ready.distance, ready.similarity,
                             ready.presetPath, ready.renderPath, ready.tells, nullptr };
}

std::optional<std::vector<CandidateView>> MatchRounds::close (const protocol::Matched& matched)
{
    if (matched.round <= round || arriving.empty())
        return std::nullopt;
    round = matched.round;
    std::vector<CandidateView> list;
    for (auto& [rank, candidate] : std::exchange (arriving, {}))
    {
        candidate.preset = readPreset (candidate.presetPath);
        list.push_back (std::move (candidate));
    }
    return list;
}

int jobOf (const protocol::Event& event)
{
    return std::visit (
        [] (const auto& each)
        {
            if constexpr (std::is_same_v<std::decay_t<decltype (each)>, protocol::ServiceNews>)
                return 0;
            else
                return each.job;
        },
        event);
}

protocol::StartMatch matchRequest (const Region& region, const juce::File& handed, const SessionView& view, int seed)
{
    protocol::StartMatch request;
    request.path = handed.getFullPathName();
    // A beginning that was trimmed by hand is kept; else the backend begins at the first onset.
    request.startS = region.startS > 0.0 ? 0.0f : -1.0f;
    request.count = candidateCount;
    request.seed = seed;
    request.budgetS = view.budgetS;
    for (size_t i = 0; i < view.locks.size(); ++i)
        if (view.locks[i])
            request.locks.push_back (sectionNames[i]);
    return request;
}

} // namespace synthmatch
