#include "SessionWriter.h"

#include "SavedPreset.h"
#include "SessionKeeper.h"

#include <algorithm>

namespace synthmatch
{

namespace
{
    WriteState stateOf (const protocol::WriteReport& report)
    {
        return report.state == "verified"     ? WriteState::verified
               : report.state == "unverified" ? WriteState::unverified
               : report.state == "queued"     ? WriteState::queued
                                              : WriteState::differs;
    }
}

SessionWriter::SessionWriter (SessionShared& sharedToUse, SessionLink& linkToUse, SessionInstances& instancesToUse)
    : shared (sharedToUse), link (linkToUse), instances (instancesToUse)
{
}

void SessionWriter::select (int index)
{
    if (index < 0 || index >= count())
        return;
    auto& view = shared.view;
    view.selected = index;
    chosenByHand = true;
    const auto& candidate = view.candidates[(size_t) index];
    if (view.outdated && isGone (candidate))
    {
        next.reset();
        return fail ({ false, view.job, candidate.candidate, false }, outdatedProblem(), WriteState::failed);
    }
    wish ({ false, view.job, candidate.candidate, false });
}

void SessionWriter::selectNext()
{
    if (count() > 0)
        select ((shared.view.selected + 1) % count());
}

void SessionWriter::selectPrevious()
{
    if (count() > 0)
        select (shared.view.selected <= 0 ? count() - 1 : shared.view.selected - 1);
}

void SessionWriter::undo()
{
    if (canUndo())
        wish ({ true, 0, 0, false });
}

void SessionWriter::showList (std::vector<CandidateView> list, int job)
{
    shared.view.candidates = std::move (list);
    shared.view.job = job;
    selectFirst();
}

void SessionWriter::replaceList (std::vector<CandidateView> list)
{
    auto& view = shared.view;
    const auto selected = view.selected >= 0 ? view.candidates[(size_t) view.selected].candidate : 0;
    view.candidates = std::move (list);
    if (! chosenByHand)
        return selectFirst();
    const auto found = std::find_if (view.candidates.begin(), view.candidates.end(),
                                     [selected] (const auto& each) { return each.candidate == selected; });
    view.selected = found == view.candidates.end() ? -1 : (int) (found - view.candidates.begin());
    shared.touched = true;
}

void SessionWriter::selectFirst()
{
    chosenByHand = hadNoSurge = false;
    shared.view.selected = shared.view.candidates.empty() ? -1 : 0;
    shared.touched = true;
    if (next && ! next->isUndo)
        next.reset();
    if (! busy && ! next)
        setWrite (WriteState::none, {});
}

void SessionWriter::listIsFinal()
{
    if (chosenByHand || count() == 0)
        return;
    select (0);
    chosenByHand = false;
}

void SessionWriter::restored (int selected)
{
    next.reset();
    kept.clear();
    hadNoSurge = false;
    chosenByHand = true;
    shared.view.selected = selected;
    if (! busy)
        setWrite (WriteState::none, {});
}

void SessionWriter::matchBegins()
{
    hadNoSurge = false;
}

bool SessionWriter::canUndo() const
{
    const auto port = shared.view.chosenPort;
    return busy || next
           || std::any_of (kept.begin(), kept.end(), [port] (const auto& each) { return each.second == port; });
}

void SessionWriter::instanceChosen()
{
    const auto& view = shared.view;
    if (std::exchange (hadNoSurge, false) && view.selected >= 0 && view.selected < count())
        wish ({ false, view.job, view.candidates[(size_t) view.selected].candidate, false });
}

void SessionWriter::wish (const Wish& newest)
{
    next = newest;
    setWrite (WriteState::writing, {});
    pump();
}

void SessionWriter::pump()
{
    if (busy || ! next)
        return;
    busy = true;
    instances.prepare (
        [this] (const Problem& fault)
        {
            const auto wanted = std::exchange (next, std::nullopt);
            if (wanted && ! fault.exists())
                return send (*wanted);
            busy = false;
            if (wanted)
            {
                hadNoSurge = ! wanted->isUndo && link.isConnected();
                fail (*wanted, fault, WriteState::none);
            }
            rest();
        });
}

void SessionWriter::send (const Wish& wanted)
{
    const std::pair<int, int> snapshot { wanted.job, shared.view.chosenPort };
    if (wanted.isUndo && undoable() == kept.end()) // what it was to take back never came to Surge XT
    {
        busy = false;
        shared.view.selected = -1;
        return rest();
    }
    const auto request = wanted.isUndo ? protocol::Request (protocol::Undo {})
                                       : protocol::WriteCandidate { wanted.job, wanted.candidate };
    link.ask<protocol::Written> (
        request,
        [this, wanted, snapshot] (const protocol::Written& done)
        {
            busy = false;
            if (! wanted.isUndo && std::find (kept.begin(), kept.end(), snapshot) == kept.end())
                kept.push_back (snapshot);
            written (wanted, done);
            rest();
        },
        [this, wanted] (const protocol::Refused& no)
        {
            busy = false;
            refused (wanted, no);
            rest();
        });
}

void SessionWriter::written (const Wish& wanted, const protocol::Written& done)
{
    const auto state = stateOf (done.report);
    if (wanted.isUndo)
    {
        const auto taken = undoable();
        if (state != WriteState::differs && taken != kept.end())
            kept.erase (taken);
        if (! next)
            shared.view.selected = -1;
    }
    else
    {
        hadNoSurge = false;
        if (wanted.job == shared.view.job)
            shared.view.outdated = false;
    }
    if (next || ! (wanted.isUndo || isSelected (wanted)))
        return;
    setWrite (state, done.report.remark);
    if (state == WriteState::differs)
        shared.show (About::surge,
                     { "Surge XT took it, but " + juce::String (done.differingCount) + " settings differ.",
                       "Select it once more." });
    else
        shared.clear (About::surge);
}

void SessionWriter::refused (const Wish& wanted, const protocol::Refused& no)
{
    if (no.code == "link" && ! wanted.again)
    {
        instances.forget(); // Surge XT was closed, or the backend does not know what was chosen
        if (! next)
            next = Wish { wanted.isUndo, wanted.job, wanted.candidate, true };
        return;
    }
    if (! wanted.isUndo && no.code == "service")
    {
        shared.view.outdated |= wanted.job == shared.view.job;
        return fail (wanted, outdatedProblem(), WriteState::failed);
    }
    fail (wanted, problemOf (no), WriteState::failed);
}

void SessionWriter::fail (const Wish& wanted, const Problem& fault, WriteState state)
{
    if (next || ! (wanted.isUndo || isSelected (wanted)))
        return;
    setWrite (state, {});
    shared.show (About::surge, fault);
}

void SessionWriter::rest()
{
    shared.touched = true;
    if (! busy && ! next && shared.view.write == WriteState::writing)
        setWrite (WriteState::none, {}); // of what is not shown any more
    pump();
}

std::vector<std::pair<int, int>>::iterator SessionWriter::undoable()
{
    const auto port = shared.view.chosenPort;
    const auto last = std::find_if (kept.rbegin(), kept.rend(),
                                    [port] (const auto& each) { return each.second == port; });
    return last == kept.rend() ? kept.end() : std::prev (last.base());
}

bool SessionWriter::isSelected (const Wish& wanted) const
{
    const auto& view = shared.view;
    return view.job == wanted.job && view.selected >= 0 && view.selected < count()
           && view.candidates[(size_t) view.selected].candidate == wanted.candidate;
}

void SessionWriter::setWrite (WriteState state, const juce::String& remark)
{
    shared.view.write = state;
    shared.view.writeRemark = remark;
    shared.touched = true;
}

bool SessionWriter::isGone (const CandidateView& candidate) const
{
    return candidate.preset == nullptr || ! holdsPreset (candidate.presetPath, *candidate.preset);
}

} // namespace synthmatch
