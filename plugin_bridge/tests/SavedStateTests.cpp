#include "SavedState.h"
#include "SessionRig.h"
#include "StateBytes.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    SavedState full()
    {
        SavedState state;
        auto region = makeRegion (sounds::tone (8000.0, 0.05, 440.0, 0.5f), 8000.0, "Glocke");
        region->startS = 0.01;
        region->endS = 0.04;
        state.region = region;
        for (int i = 1; i <= 3; ++i)
        {
            CandidateView candidate;
            candidate.candidate = i;
            candidate.rank = i;
            candidate.note = { 60 + i, 0.1f, 1.5f };
            candidate.distance = 0.25f * (float) i;
            candidate.similarity = 80.0f;
            candidate.presetPath = "/matches/000001/" + juce::String (i) + ".fxp";
            candidate.renderPath = "/matches/000001/" + juce::String (i) + ".wav";
            candidate.tells = { juce::String::fromUTF8 ("weit g\xc3\xb6" "ffnet"), "" };
            const auto bytes = "preset " + juce::String (i);
            if (i != 2)
                candidate.preset = std::make_shared<const juce::MemoryBlock> (bytes.toRawUTF8(), bytes.getNumBytesAsUTF8());
            state.candidates.push_back (candidate);
        }
        state.job = 17;
        state.seed = 3;
        state.selected = 1;
        state.remark = "Louder than usual.";
        state.chosenPort = 53281;
        state.locks = { true, false, false, true, false };
        state.budgetS = 12.5f;
        state.lookBackS = 7.5;
        state.address = "9000 token";
        return state;
    }

    juce::MemoryBlock chunkOf (const SavedState& state) { return encodeState (state, encodeSound (state.region)); }

    DecodedState decoded (const juce::MemoryBlock& chunk) { return decodeState (chunk.getData(), chunk.getSize()); }
}

TEST_CASE ("All that is saved comes back", "[state]")
{
    const auto before = full();
    const auto result = decoded (chunkOf (before));
    REQUIRE (result.state);
    CHECK_FALSE (result.problem.exists());
    const auto& after = *result.state;

    REQUIRE (after.region != nullptr);
    CHECK (after.region->name == "Glocke");
    CHECK (after.region->sampleRateHz == 8000.0);
    CHECK (after.region->startS == Approx (0.01));
    CHECK (after.region->endS == Approx (0.04));
    CHECK (after.region->onsetS == before.region->onsetS);
    REQUIRE (after.region->audio.getNumSamples() == 400);
    REQUIRE (after.region->audio.getNumChannels() == 2);
    for (int i = 0; i < 400; ++i)
        REQUIRE (std::abs (after.region->audio.getSample (1, i) - before.region->audio.getSample (1, i)) < 1.0e-5f);

    REQUIRE (after.candidates.size() == 3);
    const auto& second = after.candidates[1];
    CHECK (second.candidate == 2);
    CHECK (second.rank == 2);
    CHECK (second.note.pitch == 62);
    CHECK (second.note.offS == 1.5f);
    CHECK (second.distance == 0.5f);
    CHECK (second.presetPath == before.candidates[1].presetPath);
    CHECK (second.renderPath == before.candidates[1].renderPath);
    CHECK (second.tells == before.candidates[1].tells);
    CHECK (second.preset == nullptr);
    REQUIRE (after.candidates[2].preset != nullptr);
    CHECK (after.candidates[2].preset->toString() == "preset 3");
    CHECK (after.job == 17);
    CHECK (after.seed == 3);
    CHECK (after.selected == 1);
    CHECK (after.remark == before.remark);
    CHECK (after.chosenPort == 53281);
    CHECK (after.locks == before.locks);
    CHECK (after.budgetS == 12.5f);
    CHECK (after.lookBackS == 7.5);
    CHECK (after.address == "9000 token");
}

TEST_CASE ("An empty state, a region of silence, and one that is only a file come back", "[state]")
{
    const auto empty = decoded (chunkOf ({}));
    REQUIRE (empty.state);
    CHECK (empty.state->region == nullptr);
    CHECK (empty.state->candidates.empty());

    SavedState state;
    state.region = makeRegion (sounds::silence (48000.0, 0.1, 1), 48000.0, "");
    const auto silent = decoded (chunkOf (state));
    REQUIRE (silent.state);
    CHECK (silent.state->region->audio.getMagnitude (0, 4800) == 0.0f);
    CHECK (silent.state->region->onsetS < 0.0);

    auto file = std::make_shared<Region>();
    file->file = juce::File::getCurrentWorkingDirectory().getChildFile ("bell.flac");
    file->name = "bell";
    state.region = file;
    const auto onlyFile = decoded (chunkOf (state));
    REQUIRE (onlyFile.state);
    CHECK (onlyFile.state->region->file == file->file);
    CHECK (onlyFile.state->region->audio.getNumSamples() == 0);

    state.region = std::make_shared<Region>(); // of 0 samples
    const auto nothing = decoded (chunkOf (state));
    REQUIRE (nothing.state);
    CHECK (nothing.state->region == nullptr);
}

TEST_CASE ("Of a long region the 30 s from what is matched are saved", "[state]")
{
    auto region = makeRegion (sounds::counting (0, 100 * 40), 100.0, "Long");
    region->onsetS = 1.0;
    region->startS = 5.0;
    region->endS = 8.0;
    SavedState state;
    state.region = region;
    const auto result = decoded (chunkOf (state));
    REQUIRE (result.state);
    const auto& kept = *result.state->region;
    CHECK (kept.lengthS() == Approx (30.0));
    CHECK (kept.startS == Approx (0.0));
    CHECK (kept.endS == Approx (3.0));
    CHECK (std::abs (kept.audio.getSample (0, 0) - 500.0f) < 0.2f);
}

TEST_CASE ("Presets are saved as long as all together stay small", "[state]")
{
    auto state = full();
    juce::MemoryBlock large (mostPresetBytes - 8);
    juce::Random (1).fillBitsRandomly (large.getData(), large.getSize());
    state.candidates[0].preset = std::make_shared<const juce::MemoryBlock> (large);
    state.candidates[1].preset = std::make_shared<const juce::MemoryBlock> ("12345678", 8);
    const auto result = decoded (chunkOf (state));
    REQUIRE (result.state);
    CHECK (*result.state->candidates[0].preset == large);
    CHECK (result.state->candidates[1].preset != nullptr);
    CHECK (result.state->candidates[2].preset == nullptr);
}

TEST_CASE ("A chunk that is cut off anywhere is refused as a whole", "[state]")
{
    const auto chunk = chunkOf (full());
    for (size_t size = 0; size < chunk.getSize(); ++size)
    {
        const juce::MemoryBlock cut (chunk.getData(), size); // so that a sanitizer sees a read beyond it
        const auto result = decoded (cut);
        REQUIRE_FALSE (result.state);
        REQUIRE (result.problem.exists());
        REQUIRE_FALSE (result.isNewer);
    }
}

TEST_CASE ("A chunk with any byte flipped, or bytes after its end, is refused as a whole", "[state]")
{
    auto chunk = chunkOf (full());
    juce::Random random (3);
    for (size_t i = 0; i < chunk.getSize(); ++i)
    {
        const auto flip = (char) (1 + random.nextInt (255));
        chunk[i] = (char) (chunk[i] ^ flip);
        REQUIRE_FALSE (decoded (chunk).state);
        chunk[i] = (char) (chunk[i] ^ flip);
    }
    REQUIRE (decoded (chunk).state);
    chunk.append ("more", 4);
    CHECK_FALSE (decoded (chunk).state);
    CHECK_FALSE (decoded (juce::MemoryBlock ("VC2!something of another plugin", 31)).state);
}

TEST_CASE ("A damaged body behind a right checksum is no crash", "[state]")
{
    const auto chunk = chunkOf (full());
    juce::Random random (5);
    for (int round = 0; round < 3000; ++round)
    {
        auto damaged = chunk;
        for (auto left = 1 + random.nextInt (4); left > 0; --left)
            damaged[16 + (size_t) random.nextInt ((int) chunk.getSize() - 16)] = (char) random.nextInt (256);
        if (random.nextInt (4) == 0)
            damaged.setSize (16 + (size_t) random.nextInt ((int) chunk.getSize() - 16));
        const auto sum = checksum (static_cast<char*> (damaged.getData()) + 16, damaged.getSize() - 16);
        damaged.copyFrom (&sum, 8, 8);
        const auto result = decoded (damaged);
        REQUIRE (result.state.has_value() != result.problem.exists());
        if (result.state && result.state->region != nullptr)
            REQUIRE (result.state->region->audio.getNumChannels() <= 2);
    }
}

TEST_CASE ("A chunk of a later version is refused, and known to be one", "[state]")
{
    auto chunk = chunkOf (full());
    chunk[4] = 99;
    const auto result = decoded (chunk);
    CHECK_FALSE (result.state);
    CHECK (result.isNewer);
    CHECK (result.problem.nextStep.contains ("Update"));
}

//============================================================================ by the session
TEST_CASE ("A project opened again shows what it was, without starting or writing anything", "[state]")
{
    juce::MemoryBlock chunk;
    Rig first;
    first.hearTone();
    first.session.setLock (Section::lfos, true);
    first.session.setBudget (5.0f);
    first.session.match();
    REQUIRE (first.isDone());
    REQUIRE (first.holds (1));
    first.session.selectNext();
    REQUIRE (first.holds (2));
    chunk = first.session.save();

    Rig second;
    REQUIRE (second.session.restore (chunk.getData(), chunk.getSize()));
    CHECK (second.session.save() == chunk); // at once
    REQUIRE (second.shows ([] (const auto& view) { return view.candidates.size() == 3; }));
    auto view = second.session.view();
    CHECK (view->match == MatchState::done);
    CHECK (view->capture == CaptureState::captured);
    CHECK (view->selected == 1);
    CHECK (view->write == WriteState::none);
    CHECK (view->chosenPort == 53280);
    CHECK (view->locks[(size_t) Section::lfos]);
    CHECK (view->budgetS == 5.0f);
    CHECK (view->outdated);
    CHECK (view->region->lengthS() == Approx (4.0));
    CHECK (second.session.save() == chunk);
    CHECK (second.backend.links() == 0);

    SECTION ("the presets' files are still there, and the backend knows them")
    {
        second.backend.change ([&] { second.backend.finds = true; });
        second.backend.handle (say::StartMatch {}); // it has a match 1
        second.session.select (2);
        REQUIRE (second.holds (3));
        CHECK_FALSE (second.session.view()->outdated);
    }
    SECTION ("the backend does not know them")
    {
        second.session.select (2);
        REQUIRE (second.shows ([] (const auto& now) { return now.problem.exists(); }));
        CHECK (second.session.view()->outdated);
    }
    SECTION ("their files hold something else by now: another match is not taken for theirs")
    {
        second.backend.handle (say::StartMatch {});
        juce::File (view->candidates[2].presetPath).replaceWithText ("something else");
        second.session.select (2);
        REQUIRE (second.shows ([] (const auto& now) { return now.problem.exists(); }));
        CHECK (second.backend.asked<say::WriteCandidate>().empty());
        const auto kept = second.backend.folder.getChildFile ("kept.fxp");
        second.session.keep (2, kept);
        REQUIRE (second.shows ([] (const auto& now) { return now.kept.isNotEmpty(); }));
        CHECK (kept.loadFileAsString() == "preset 3 of match 1");
    }
    const auto startsBefore = second.backend.asked<say::StartMatch>().size();
    second.session.match(); // one click finds them again
    REQUIRE (comesTrue ([&] { return second.backend.asked<say::StartMatch>().size() == startsBefore + 1; }));
    REQUIRE (second.shows ([] (const auto& now) { return ! now.outdated && now.match == MatchState::done; }));
    CHECK (second.backend.asked<say::StartMatch>().back().locks == std::vector<juce::String> { "lfos" });
}

TEST_CASE ("What cannot be read is told, and changes nothing else", "[state]")
{
    Rig rig;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    REQUIRE (rig.holds (1));
    const auto before = rig.session.save();
    CHECK_FALSE (rig.session.restore ("nonsense", 8));
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("damaged"); }));
    CHECK (rig.session.view()->candidates.size() == 3);
    CHECK (rig.session.save() == before);
}

TEST_CASE ("What a later version has saved is given back as it was, until there is something else", "[state]")
{
    auto later = chunkOf (full());
    later[4] = 2;
    Rig rig;
    CHECK_FALSE (rig.session.restore (later.getData(), later.getSize()));
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.sentence.contains ("newer"); }));
    CHECK (rig.session.save() == later);
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.isDone());
    CHECK (rig.session.save() != later);
}

TEST_CASE ("A state that comes while a match runs replaces it", "[state]")
{
    Rig rig;
    rig.backend.finds = false;
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return view.match == MatchState::matching; }));
    const auto chunk = chunkOf (full());
    rig.session.restore (chunk.getData(), chunk.getSize());
    REQUIRE (rig.shows ([] (const auto& view) { return view.job == 17; }));
    rig.backend.tellRound (1, 1, { 1 }, true);
    rig.settle();
    CHECK (rig.session.view()->candidates.size() == 3);
    CHECK (rig.session.view()->match == MatchState::done);
    CHECK (comesTrue ([&] { return rig.backend.asked<say::CancelJob>().size() == 1; }));
}

TEST_CASE ("A match after a project was opened is new, even if the numbers of matches began again", "[state]")
{
    auto state = full();
    state.job = 1;
    const auto chunk = chunkOf (state);
    Rig rig;
    rig.session.restore (chunk.getData(), chunk.getSize());
    rig.session.clearRegion();
    rig.hearTone();
    rig.session.match();
    REQUIRE (rig.shows ([] (const auto& view) { return ! view.outdated && view.match == MatchState::done; }));
    CHECK (rig.session.view()->job == 1);
    CHECK (rig.holds (1)); // the best one, not the saved selection
}
