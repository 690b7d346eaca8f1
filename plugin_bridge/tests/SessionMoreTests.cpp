#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
/** What the backend could read of each match when it was asked for it. */
struct Handed
{
    explicit Handed (Rig& rig)
    {
        rig.backend.answer = [this] (const say::Request& request) -> std::optional<say::Answer>
        {
            const auto* start = std::get_if<say::StartMatch> (&request);
            if (start == nullptr)
                return std::nullopt;
            const auto loaded = loadRegion (juce::File (start->path));
            const std::lock_guard<std::mutex> lock (mutex);
            sounds.push_back (loaded.region != nullptr ? loaded.region->lengthS() : 0.0);
            presets.add (start->like.path.isEmpty() ? juce::String()
                                                    : juce::File (start->like.path).loadFileAsString());
            return std::nullopt;
        };
    }

    std::mutex mutex;
    std::vector<double> sounds; // seconds
    juce::StringArray presets;
};

bool hasStarted (const Rig& rig, size_t count)
{
    return comesTrue ([&] { return rig.backend.asked<say::StartMatch>().size() == count; });
}
} // namespace

TEST_CASE ("More like a candidate: the same sound, its preset and note, and how much may change", "[session]")
{
    Rig rig;
    Handed handed (rig);
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (rig.session.view()->moreAmount == 0.3f);
    rig.session.setMoreAmount (0.6f);
    rig.session.clearRegion(); // what plays by now does not matter
    rig.session.setLock (Section::lfos, true);
    rig.session.moreLike (1);
    REQUIRE (hasStarted (rig, 2));
    REQUIRE (rig.shows ([] (const auto& view) { return view.job == 2; }));
    REQUIRE (rig.holds (1)); // the best of the new ones

    const auto asked = rig.backend.asked<say::StartMatch>();
    CHECK (asked[0].like.path.isEmpty());
    const auto& like = asked[1].like;
    CHECK (juce::File (like.path).getParentDirectory() == rig.backend.folder);
    CHECK (like.path.endsWith (".fxp"));
    CHECK (like.amount == 0.6f);
    CHECK (like.note.pitch == 60);
    CHECK (asked[1].seed == asked[0].seed + 1);
    CHECK (asked[1].locks == std::vector<juce::String> { "lfos" });
    CHECK_FALSE (juce::File (like.path).exists()); // it is not needed any more
    const std::lock_guard<std::mutex> lock (handed.mutex);
    REQUIRE (handed.sounds.size() == 2);
    CHECK (handed.sounds[1] == Approx (handed.sounds[0]));
    CHECK (handed.presets == juce::StringArray { "", "preset 2 of match 1" });
}

TEST_CASE ("More like one of more like one; and a plain match after it is plain", "[session]")
{
    Rig rig;
    Handed handed (rig);
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    for (const auto job : { 2, 3 })
    {
        rig.session.moreLike (2);
        REQUIRE (rig.shows ([&] (const auto& view)
                            { return view.job == job && view.match == MatchState::done; }));
    }
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.job == 4; }));
    const std::lock_guard<std::mutex> lock (handed.mutex);
    CHECK (handed.presets == juce::StringArray { "", "preset 3 of match 1", "preset 3 of match 2", "" });
}

TEST_CASE ("More is asked for of a project that was opened again", "[session]")
{
    juce::MemoryBlock chunk;
    {
        Rig rig;
        rig.hearTone();
        rig.session.match();
        REQUIRE (rig.isDone());
        chunk = rig.session.save();
    }
    Rig rig;
    Handed handed (rig);
    REQUIRE (rig.session.restore (chunk.getData(), chunk.getSize()));
    REQUIRE (rig.shows ([] (const auto& view) { return view.outdated; }));
    rig.session.moreLike (0);
    REQUIRE (rig.shows ([] (const auto& view)
                        { return ! view.outdated && view.match == MatchState::done; }));
    const std::lock_guard<std::mutex> lock (handed.mutex);
    CHECK (handed.presets == juce::StringArray { "preset 1 of match 1" });
    CHECK (handed.sounds[0] == Approx (4.0));
}

TEST_CASE ("More is asked for anew where the backend was lost over it", "[session]")
{
    Rig rig;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    rig.backend.change ([&] { rig.backend.finds = false; });
    rig.session.moreLike (0);
    REQUIRE (hasStarted (rig, 2));
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    auto news = rig.backend.connected();
    news.state = LinkState::connecting;
    rig.backend.report (news);
    rig.backend.change ([&] { rig.backend.finds = true; });
    rig.backend.report (rig.backend.connected());
    REQUIRE (hasStarted (rig, 3));
    CHECK (rig.backend.asked<say::StartMatch>()[2].like.path.isNotEmpty());
    CHECK (rig.isDone());
}

TEST_CASE ("More like what is not there is not asked for", "[session]")
{
    Rig rig;
    rig.session.moreLike (0);
    rig.settle();
    CHECK (rig.backend.links() == 0);

    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    auto gone = rig.backend.candidate (1, 1, 1);
    juce::File (gone.presetPath).deleteFile();
    rig.backend.tell (gone);
    rig.backend.tell (say::Matched { 1, 1, 1, true, {} });
    REQUIRE (rig.isDone());
    rig.session.moreLike (5);
    rig.session.moreLike (-1);
    rig.settle();
    CHECK_FALSE (rig.session.view()->problem.exists());
    rig.session.moreLike (0);
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.exists(); }));
    CHECK (rig.session.view()->match == MatchState::done);
    CHECK (rig.backend.asked<say::StartMatch>().size() == 1);

    rig.session.setMoreAmount (7.0f);
    CHECK (rig.shows ([] (const auto& view) { return view.moreAmount == 1.0f; }));
    rig.session.setMoreAmount (std::numeric_limits<float>::quiet_NaN());
    rig.settle();
    CHECK (rig.session.view()->moreAmount == 1.0f);
}
