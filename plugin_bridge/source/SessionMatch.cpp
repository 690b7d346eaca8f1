#include "SessionMatch.h"

#include "RegionFile.h"
#include "SavedPreset.h"

#include <algorithm>

namespace synthmatch
{

namespace
{
    constexpr size_t mostEarly = 256; // events before the match's number is known
}

SessionMatch::SessionMatch (SessionShared& sharedToUse, SessionLink& linkToUse, SessionCapture& captureToUse,
                            SessionInstances& instancesToUse, SessionWriter& writerToUse)
    : shared (sharedToUse), link (linkToUse), capture (captureToUse), instances (instancesToUse),
      writer (writerToUse)
{
}

void SessionMatch::begin()
{
    const auto taken = capture.takeRegion();
    like.reset();
    begin (taken.region, nextSeed (taken.region));
    if (taken.region == nullptr)
        fail (taken.problem);
}

void SessionMatch::beginLike (int index)
{
    const auto& view = shared.view;
    if (! juce::isPositiveAndBelow (index, (int) view.candidates.size()))
        return;
    const auto& candidate = view.candidates[(size_t) index];
    const auto sound = matchedRegion != nullptr ? matchedRegion : view.region;
    if (candidate.preset == nullptr || sound == nullptr)
        return shared.show (About::match, { "The preset or the sound of this candidate is not there any more.",
                                            "Click Match, and choose among the new ones." });
    like = LikeCandidate { candidate.preset, candidate.note, view.moreAmount };
    begin (sound, (view.seed + 1) & 0x7fffffff);
}

void SessionMatch::begin (RegionPtr regionToMatch, int seedToUse)
{
    abandon();
    reset();
    triedAgain = false;
    writer.matchBegins();
    shared.show (About::match, {});
    shared.view.remark.clear();
    region = std::move (regionToMatch);
    seed = seedToUse;
    if (region != nullptr)
        connect();
}

void SessionMatch::cancel()
{
    if (! isActive())
        return;
    const auto found = shared.view.match == MatchState::improving;
    abandon();
    end (found ? MatchState::done : MatchState::cancelled);
}

void SessionMatch::connect()
{
    phase = Phase::connecting;
    showStage (MatchState::connecting);
    link.whenConnected (
        [this, mine = run]
        {
            if (mine == run)
                prepare();
        },
        [this, mine = run] (const Problem& fault)
        {
            if (mine == run)
                fail (fault);
        });
}

void SessionMatch::prepare()
{
    phase = Phase::preparing;
    showStage (MatchState::writing);
    const auto& locks = shared.view.locks;
    const auto needsPatch = std::find (locks.begin(), locks.end(), true) != locks.end();
    instances.prepare (
        [this, mine = run, needsPatch] (const Problem&)
        {
            if (needsPatch && mine == run)
                hand();
        });
    if (! needsPatch)
        hand();
}

void SessionMatch::hand()
{
    phase = Phase::asked;
    const auto& view = shared.view;
    const auto written = writeRegion (*region, juce::File (view.link.folder));
    if (written.problem.exists())
        return fail (written.problem);
    handed = written.file;
    auto request = matchRequest (*region, handed, view, seed);
    if (like.has_value())
    {
        handedPreset = handed.withFileExtension ("fxp");
        const auto fault = savePreset (*like->preset, handedPreset);
        if (fault.exists())
            return fail (fault);
        request.like = { handedPreset.getFullPathName(), like->note, like->amount };
    }
    link.ask<protocol::Queued> (
        request,
        [this, mine = run] (const protocol::Queued& answer)
        {
            if (mine == run)
                queued (answer);
            else if (phase != Phase::asked) // a newer request replaces it by itself
                link.ask<protocol::Cancelled> (
                    protocol::CancelJob { answer.job }, [] (const auto&) {}, [] (const auto&) {});
        },
        [this, mine = run] (const protocol::Refused& no)
        {
            if (mine == run)
                fail (problemOf (no));
        });
}

void SessionMatch::queued (const protocol::Queued& answer)
{
    phase = Phase::running;
    job = answer.job;
    place = answer.place;
    heardS = SessionShared::nowS();
    showStage (shared.view.link.model == "loading" ? MatchState::connecting : MatchState::matching);
    for (const auto& event : std::exchange (early, {}))
        take (event);
}

void SessionMatch::take (const protocol::Event& event)
{
    if (const auto* news = std::get_if<protocol::ServiceNews> (&event))
    {
        if (isActive() && ! triedAgain) // it may be that our match was forgotten, which is asked for once more
            shared.show (About::match, { news->message, {} });
        return;
    }
    if (phase == Phase::asked && early.size() < mostEarly)
        early.push_back (event);
    if (phase != Phase::running || jobOf (event) != job)
        return;
    heardS = SessionShared::nowS();
    shared.touched = true;
    std::visit ([this] (const auto& each) { takeOwn (each); }, event);
}

void SessionMatch::takeOwn (const protocol::Progress& progress)
{
    auto& view = shared.view;
    place = 0;
    if (view.match == MatchState::connecting)
        showStage (MatchState::matching);
    view.stage = progress.stage;
    view.fraction = juce::jlimit (0.0f, 1.0f, progress.fraction);
    view.remainingS = progress.remainingS;
}

void SessionMatch::takeOwn (const protocol::Matched& matched)
{
    const auto isFirst = rounds.last() == 0;
    if (matched.round < rounds.last())
        return;
    if (auto list = rounds.close (matched))
    {
        if (isFirst)
        {
            matchedRegion = region;
            shared.view.seed = seed;
            shared.view.outdated = false;
            writer.showList (std::move (*list), job);
        }
        else
            writer.replaceList (std::move (*list));
    }
    if (rounds.last() == 0)
        return fail ({ "The backend found no preset.", "Click Match again, or capture another sound." });
    shared.view.remark = matched.remark;
    if (! matched.isFinal)
        return showStage (MatchState::improving);
    end (MatchState::done);
    writer.listIsFinal();
}

void SessionMatch::takeOwn (const protocol::JobFailed& failed)
{
    fail (problemOf ({ failed.code, failed.message }));
}

void SessionMatch::takeOwn (const protocol::JobCancelled&)
{
    fail ({ "The backend gave the match up.", "Click Match again." });
}

void SessionMatch::linkChanged (bool isAnew)
{
    const auto& report = shared.view.link;
    if (report.state == LinkState::connected && report.model == "loading")
        heardS = SessionShared::nowS();
    if (phase == Phase::running && shared.view.match == MatchState::connecting && report.model != "loading")
        showStage (MatchState::matching);
    if (phase != Phase::running || ! isAnew)
        return; // what was asked gets its answer all the same
    if (report.state == LinkState::failed || report.state == LinkState::idle)
        lost();
    else if (report.state == LinkState::connected)
    {
        if (shared.view.match == MatchState::improving)
            return end (MatchState::done);
        if (std::exchange (triedAgain, true))
            return lost();
        reset();
        connect();
    }
}

void SessionMatch::lost()
{
    const auto& report = shared.view.link;
    if (shared.view.match == MatchState::improving)
        return end (MatchState::done);
    fail (report.problem.isNotEmpty()
              ? Problem { report.problem, report.nextStep }
              : Problem { "The backend was lost while it was matching.", "Click Match again." });
}

void SessionMatch::tick()
{
    const auto patienceS = shared.times.stallS + place * shared.times.queueS;
    if (phase != Phase::running || SessionShared::nowS() - heardS <= patienceS)
        return;
    const auto found = shared.view.match == MatchState::improving;
    abandon();
    if (found)
        end (MatchState::done);
    else
        fail ({ "The backend has said nothing about the match for " + juce::String (juce::roundToInt (patienceS))
                    + " s.",
                "Click Match again; if that does not help, the log folder says more." });
}

void SessionMatch::restored()
{
    abandon();
    matchedRegion = shared.view.candidates.empty() ? nullptr : shared.view.region;
    end (shared.view.candidates.empty() ? MatchState::none : MatchState::done);
}

void SessionMatch::fail (const Problem& problem)
{
    end (MatchState::failed);
    shared.show (About::match, problem);
}

void SessionMatch::end (MatchState state)
{
    reset();
    showStage (state);
}

void SessionMatch::reset()
{
    ++run;
    phase = Phase::none;
    job = place = 0;
    rounds.clear();
    early.clear();
    for (auto* file : { &handed, &handedPreset })
    {
        if (*file != juce::File())
            file->deleteFile();
        *file = juce::File();
    }
}

void SessionMatch::abandon()
{
    if (phase == Phase::running && link.isConnected())
        link.ask<protocol::Cancelled> (
            protocol::CancelJob { job }, [] (const auto&) {}, [] (const auto&) {});
}

void SessionMatch::showStage (MatchState state)
{
    auto& view = shared.view;
    view.match = state;
    view.stage.clear();
    view.fraction = 0.0f;
    view.remainingS = -1.0f;
    shared.touched = true;
}

int SessionMatch::nextSeed (const RegionPtr& next) const
{
    const auto& view = shared.view;
    if (view.candidates.empty() || next != matchedRegion)
        return 0;
    return view.outdated ? view.seed : (view.seed + 1) & 0x7fffffff;
}

} // namespace synthmatch
