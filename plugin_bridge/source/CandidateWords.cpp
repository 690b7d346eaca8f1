#include "CandidateWords.h"

#include "Words.h"

namespace synthmatch::words
{

namespace
{
juce::String withoutEnding (const juce::String& text) { return text.trimCharactersAtEnd (". "); }
} // namespace

const CandidateView* selectedCandidate (const SessionView& view)
{
    return juce::isPositiveAndBelow (view.selected, (int) view.candidates.size())
               ? &view.candidates[(size_t) view.selected]
               : nullptr;
}

bool canHearTarget (const SessionView& view)
{
    return view.region != nullptr && view.region->audio.getNumSamples() > 0;
}

bool canHearCandidate (const SessionView& view)
{
    const auto* candidate = selectedCandidate (view);
    return candidate != nullptr && candidate->renderPath.isNotEmpty();
}

bool canAskForMore (const SessionView& view)
{
    return selectedCandidate (view) != nullptr
           && (view.match == MatchState::improving || ! isBusy (view.match));
}

Audition otherAudition (const SessionView& view, Audition last)
{
    if (last == Audition::target && canHearCandidate (view))
        return Audition::candidate;
    return canHearTarget (view) ? Audition::target : Audition::none;
}

juce::String writeStatus (const SessionView& view)
{
    const auto* candidate = selectedCandidate (view);
    const auto subject = candidate != nullptr ? "Candidate " + juce::String (candidate->rank)
                                              : juce::String ("Your patch");
    switch (view.write)
    {
        case WriteState::none: return {};
        case WriteState::writing: return subject + " is being written";
        case WriteState::verified:
            return candidate != nullptr ? subject + " is in Surge XT" : "Your patch is back";
        case WriteState::unverified: return subject + " was sent, unconfirmed";
        case WriteState::queued: return subject + " waits for playback";
        case WriteState::differs: return subject + " differs in Surge XT";
        case WriteState::failed: return subject + " was not written";
    }
    return {};
}

juce::String candidateName (const SessionView& view, int index)
{
    const auto& candidate = view.candidates[(size_t) index];
    juce::StringArray parts { "Candidate " + juce::String (candidate.rank) };
    if (candidate.similarity >= 0.0f)
        parts.add (similarity (candidate.similarity) + " similar");
    parts.add ("note " + noteName (candidate.note.pitch));
    for (const auto& tell : candidate.tells)
        parts.add (tell);
    auto name = parts.joinIntoString (", ");
    if (index == view.selected && view.write != WriteState::none)
    {
        name << ". " << writeStatus (view) << ".";
        if (view.writeRemark.isNotEmpty())
            name << " " << withoutEnding (view.writeRemark) << ".";
    }
    return name;
}

std::vector<std::vector<juce::String>> tellsApart (const std::vector<CandidateView>& candidates)
{
    const auto isShared = [&candidates] (const juce::String& tell)
    {
        return candidates.size() > 1
               && std::all_of (
                   candidates.begin(), candidates.end(), [&tell] (const CandidateView& candidate)
                   { return std::count (candidate.tells.begin(), candidate.tells.end(), tell) > 0; });
    };
    std::vector<std::vector<juce::String>> apart;
    for (const auto& candidate : candidates)
    {
        auto tells = candidate.tells;
        tells.erase (std::remove_if (tells.begin(), tells.end(), isShared), tells.end());
        apart.push_back (tells.empty() ? candidate.tells : tells);
    }
    return apart;
}

} // namespace synthmatch::words
