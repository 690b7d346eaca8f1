#pragma once

#include "BackendLink.h"
#include "SessionQueue.h"

#include <atomic>
#include <map>
#include <set>

/** A backend for tests of the session, without sockets: what the real one answers, or what a test wants. */
namespace synthmatch::fake
{

namespace say = protocol;

/** Outlives its links. Its members may be set before a session uses it, or with `change`. */
class Backend
{
public:
    Backend() : folder (juce::File::createTempFile ("matches")) { folder.createDirectory(); }
    ~Backend() { folder.deleteRecursively(); }

    //================================================================== how it behaves
    bool comesUp = true; // else `open` fails
    bool says = true;    // else it does not answer at all
    bool finds = true;   // else a match is only queued, and its events are left to the test
    int candidates = 3;  // of each match
    std::vector<say::Instance> instances { { 53280, "/patches/Init", true, false } };
    juce::String writeState { "verified" };
    /** Answers instead, where it gives something. */
    std::function<std::optional<say::Answer> (const say::Request&)> answer;

    template <typename Change>
    void change (Change how)
    {
        const std::lock_guard<std::recursive_mutex> lock (mutex);
        how();
    }

    //================================================================== what it was asked
    template <typename Kind>
    std::vector<Kind> asked() const
    {
        const std::lock_guard<std::recursive_mutex> lock (mutex);
        std::vector<Kind> found;
        for (const auto& request : requests)
            if (const auto* kind = std::get_if<Kind> (&request))
                found.push_back (*kind);
        return found;
    }

    int opened() const { return opens.load(); }
    int links() const { return made.load(); }
    int newestJob() const { return job.load(); }

    /** What Surge XT on a port holds: {job, candidate}, or {0, 0} for the musician's own patch. */
    std::pair<int, int> held (int port) const
    {
        const std::lock_guard<std::recursive_mutex> lock (mutex);
        const auto found = patches.find (port);
        return found == patches.end() ? std::pair<int, int> { 0, 0 } : found->second;
    }

    //================================================================== what comes unasked
    void tell (const say::Event& event)
    {
        const std::lock_guard<std::recursive_mutex> lock (mutex);
        if (listener != nullptr)
            listener->eventCame (event);
    }

    void report (const LinkReport& news)
    {
        const std::lock_guard<std::recursive_mutex> lock (mutex);
        if (listener != nullptr)
            listener->linkChanged (news);
    }

    LinkReport connected() const
    {
        LinkReport news;
        news.state = LinkState::connected;
        news.folder = folder.getFullPathName();
        news.model = "ready";
        news.modelFraction = 1.0f;
        return news;
    }

    say::CandidateReady candidate (int ofJob, int number, int rank) const
    {
        say::CandidateReady ready;
        ready.job = ofJob;
        ready.candidate = number;
        ready.rank = rank;
        ready.distance = 0.1f * (float) rank;
        ready.similarity = 90.0f - (float) rank;
        const auto preset = folder.getChildFile (juce::String (ofJob) + "-" + juce::String (number) + ".fxp");
        preset.replaceWithText ("preset " + juce::String (number) + " of match " + juce::String (ofJob));
        ready.presetPath = preset.getFullPathName();
        const auto render = preset.withFileExtension ("wav");
        ready.renderPath = render.exists() ? render.getFullPathName() : juce::String();
        ready.tells = { "bright", "slow attack" };
        return ready;
    }

    /** Tell a round with candidates of these numbers, best first. */
    void tellRound (int ofJob, int round, const std::vector<int>& numbers, bool isFinal)
    {
        for (size_t i = 0; i < numbers.size(); ++i)
            tell (candidate (ofJob, numbers[i], (int) i + 1));
        tell (say::Matched { ofJob, round, (int) numbers.size(), isFinal, {} });
    }

    /** A real one's answer. */
    say::Answer handle (const say::Request&);

    const juce::File folder;

private:
    friend class Link;

    bool isThere (int port) const
    {
        for (const auto& each : instances)
            if (each.port == port)
                return true;
        return false;
    }

    say::Answer match();
    say::Answer put (const std::pair<int, int>& patch);

    mutable std::recursive_mutex mutex;
    std::vector<say::Request> requests;
    std::atomic<int> opens { 0 }, made { 0 }, job { 0 };
    std::map<int, std::pair<int, int>> patches; // by port
    std::set<std::pair<int, int>> snapshots;    // (job, port)
    int chosen = 0;
    BackendLink::Listener* listener = nullptr;
};

inline say::Answer Backend::handle (const say::Request& request)
{
    const std::lock_guard<std::recursive_mutex> lock (mutex);
    if (std::holds_alternative<say::ListInstances> (request))
        return say::Instances { instances };
    if (const auto* choose = std::get_if<say::ChooseInstance> (&request))
    {
        if (! isThere (choose->port))
            return say::Refused { "link", "no Surge XT listens there." };
        chosen = choose->port;
        return say::Chosen { chosen };
    }
    if (std::holds_alternative<say::StartMatch> (request))
        return match();
    if (const auto* cancel = std::get_if<say::CancelJob> (&request))
        return say::Cancelled { cancel->job };
    if (const auto* keep = std::get_if<say::KeepCandidate> (&request))
    {
        juce::File (keep->path).replaceWithText ("kept");
        return say::Kept { keep->path };
    }
    if (const auto* write = std::get_if<say::WriteCandidate> (&request))
    {
        if (write->job < 1 || write->job > job)
            return say::Refused { "service", "match is not, or no longer, among the last 20: match again." };
        snapshots.insert ({ write->job, chosen });
        return put ({ write->job, write->candidate });
    }
    if (std::holds_alternative<say::Undo> (request))
    {
        if (snapshots.empty())
            return say::Refused { "link", "nothing is kept." };
        snapshots.erase (std::prev (snapshots.end()));
        return put ({ 0, 0 });
    }
    return say::Refused { "request", "not expected." };
}

inline say::Answer Backend::match()
{
    const auto number = ++job;
    if (finds)
    {
        std::vector<int> numbers;
        for (int i = 1; i <= candidates; ++i)
            numbers.push_back (i);
        tell (say::Progress { number, "propose", 0.5f, 1.0f }); // before the answer, as the protocol allows
        tellRound (number, 1, numbers, true);
    }
    return say::Queued { number, 0 };
}

inline say::Answer Backend::put (const std::pair<int, int>& patch)
{
    if (! isThere (chosen))
        return say::Refused { "link", "no running Surge XT listens." };
    patches[chosen] = patch;
    say::Written written;
    written.report.state = writeState;
    written.report.method = "patch";
    written.report.port = chosen;
    written.report.attempts = 1;
    written.differingCount = writeState == "differs" ? 2 : 0;
    return written;
}

/** Answers from a thread of its own, as the real one. */
class Link final : public BackendLink
{
public:
    Link (Backend& backendToUse, Listener& listenerToTell)
        : backend (backendToUse), listener (listenerToTell), queue ([] { return 1000; }, [] {})
    {
        ++backend.made;
        backend.change ([this] { backend.listener = &listener; });
    }

    ~Link() override
    {
        backend.change ([this] { backend.listener = nullptr; });
        queue.stop();
    }

    void open (const juce::String&) override
    {
        ++backend.opens;
        queue.post (
            [this]
            {
                LinkReport news;
                news.state = LinkState::starting;
                listener.linkChanged (news);
                const std::lock_guard<std::recursive_mutex> lock (backend.mutex);
                news.state = LinkState::failed;
                news.problem = "Synthmatch is not installed.";
                news.nextStep = "Install it.";
                if (backend.says)
                    listener.linkChanged (backend.comesUp ? backend.connected() : news);
            });
    }

    void ask (const say::Request& request, OnAnswer onAnswer) override
    {
        queue.post (
            [this, request, onAnswer]
            {
                std::function<std::optional<say::Answer> (const say::Request&)> instead;
                backend.change (
                    [&]
                    {
                        backend.requests.push_back (request);
                        instead = backend.answer;
                    });
                auto answer = instead ? instead (request) : std::nullopt;
                const std::lock_guard<std::recursive_mutex> lock (backend.mutex);
                if (backend.says)
                    onAnswer (answer ? *answer : backend.handle (request));
            });
    }

    void close() override {}

private:
    Backend& backend;
    Listener& listener;
    SessionQueue queue;
};

} // namespace synthmatch::fake
