#include "CandidateWords.h"
#include "FakeStates.h"

#include <catch2/catch.hpp>

namespace words = synthmatch::words;
using namespace synthmatch;
using namespace synthmatch::test;

TEST_CASE ("Candidates are told by what sets them apart", "[words]")
{
    std::vector<CandidateView> candidates (3);
    candidates[0].tells = { "saw", "filters open", "pluck 200 ms" };
    candidates[1].tells = { "pulse", "filters open", "pluck 300 ms" };
    candidates[2].tells = { "noise", "filters open", "pluck 200 ms" };
    using Tells = std::vector<juce::String>;
    const auto apart = words::tellsApart (candidates);
    CHECK (apart[0] == Tells { "saw", "pluck 200 ms" });
    CHECK (apart[1] == Tells { "pulse", "pluck 300 ms" });

    CHECK (words::tellsApart ({ candidates[0] })[0] == candidates[0].tells);
    CHECK (words::tellsApart ({ candidates[0], candidates[0] })[1] == candidates[0].tells);
    CHECK (words::tellsApart ({}).empty());
}

TEST_CASE ("Each way that a write can go is told in words", "[words]")
{
    auto view = matched();
    juce::StringArray told;
    for (const auto state : { WriteState::writing, WriteState::verified, WriteState::unverified,
                              WriteState::queued, WriteState::differs, WriteState::failed })
    {
        view.write = state;
        CHECK (words::writeStatus (view).startsWith ("Candidate 2 "));
        told.addIfNotAlreadyThere (words::writeStatus (view));
    }
    CHECK (told.size() == 6);
    view.selected = -1;
    view.write = WriteState::verified;
    CHECK (words::writeStatus (view) == "Your patch is back");
    view.write = WriteState::none;
    CHECK (words::writeStatus (view).isEmpty());
}

TEST_CASE ("A candidate's full name tells all of it, and what became of it", "[words]")
{
    auto view = matched();
    CHECK (words::candidateName (view, 0)
           == "Candidate 1, 92% similar, note A3, saw, 2 octaves, LP 24 dB at 1.2 kHz, envelope +2 oct, "
              "pluck 380 ms, "
              "reverb 22%");
    CHECK (words::candidateName (view, 1).endsWith (". Candidate 2 is in Surge XT."));
    view.write = WriteState::differs;
    view.writeRemark = "3 parameters are not as asked.";
    CHECK (words::candidateName (view, 1).endsWith ("differs in Surge XT. 3 parameters are not as asked."));
    CHECK_FALSE (words::candidateName (view, 7).contains ("similar"));
}

TEST_CASE ("Space switches between target and candidate", "[words]")
{
    auto view = matched();
    CHECK (words::otherAudition (view, Audition::none) == Audition::target);
    CHECK (words::otherAudition (view, Audition::target) == Audition::candidate);
    CHECK (words::otherAudition (view, Audition::candidate) == Audition::target);
    view.selected = 7; // was not rendered
    CHECK (words::otherAudition (view, Audition::target) == Audition::target);
    CHECK (words::otherAudition (listening(), Audition::none) == Audition::none);
}
