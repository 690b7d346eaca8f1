#include "FakeStates.h"
#include "Words.h"

#include <catch2/catch.hpp>

namespace words = synthmatch::words;
using namespace synthmatch;
using namespace synthmatch::test;

TEST_CASE ("Numbers are written for people", "[words]")
{
    CHECK (words::noteName (60) == "C4");
    CHECK (words::noteName (57) == "A3");
    CHECK (words::noteName (0) == "C-1");
    CHECK (words::noteName (127) == "G9");
    CHECK (words::noteName (-5) == "C-1");

    CHECK (words::seconds (0.5) == "0.5 s");
    CHECK (words::seconds (4.0) == "4 s");
    CHECK (words::seconds (3.96) == "4 s");
    CHECK (words::seconds (12.34) == "12.3 s");
    CHECK (words::seconds (59.96) == "1 min");
    CHECK (words::seconds (125.0) == "2 min 5 s");
    CHECK (words::seconds (-1.0) == "0 s");

    CHECK (words::remaining (-1.0f).isEmpty());
    CHECK (words::remaining (0.4f) == "almost done");
    CHECK (words::remaining (2.3f) == "3 s left");
    CHECK (words::similarity (91.6f) == "92%");
    CHECK (words::similarity (250.0f) == "100%");
    CHECK (words::similarity (-1.0f).isEmpty());
}

TEST_CASE ("Match says what it takes", "[words]")
{
    auto view = listening();
    CHECK (words::matchButton (view) == "Match the last 4 s");
    view.capture = CaptureState::recording;
    CHECK (words::matchButton (view) == "Stop and match");
    CHECK (words::matchButton (captured()) == "Match this sound");
}

TEST_CASE ("The bar of a match only goes forward through its stages", "[words]")
{
    auto view = connected();
    view.match = MatchState::matching;
    float last = -1.0f;
    for (const char* stage : { "propose", "render", "refine", "write" })
        for (const float fraction : { 0.0f, 0.5f, 1.0f })
        {
            view.stage = stage;
            view.fraction = fraction;
            CHECK (words::progressFraction (view) >= last);
            CHECK (words::progress (view).isNotEmpty());
            last = words::progressFraction (view);
        }
    CHECK (last == 1.0f);

    view.match = MatchState::improving;
    CHECK (words::progressFraction (view) == 1.0f);
    view.match = MatchState::matching;
    view.stage = "a stage of a later version";
    CHECK (words::progressFraction (view) < 0.0f);
    CHECK (words::progress (view) == "Waiting");
    view.match = MatchState::connecting;
    view.link.state = LinkState::starting;
    CHECK (words::progress (view) == "Starting the backend");
    CHECK (words::progressFraction (view) < 0.0f);
}

TEST_CASE ("How long the sound is, and what of it is matched", "[words]")
{
    CHECK (words::captureLength (captured()) == "4.9 s of 6 s, the first 4 s are matched");
    auto view = captured();
    auto region = std::make_shared<Region> (*view.region);
    region->endS = 3.0;
    view.region = region;
    CHECK (words::captureLength (view) == "2.7 s of 6 s");
    region->startS = 0.0;
    region->endS = 6.0;
    CHECK (words::captureLength (view) == "6 s, the first 4 s are matched");
    region->audio.setSize (0, 0);
    CHECK (words::captureLength (view).isEmpty());

    CHECK (words::heardEndS (0.0, 6.0, 1.0) == Approx (4.95));
    CHECK (words::heardEndS (0.0, 6.0, 0.01) == 4.0);
    CHECK (words::heardEndS (2.0, 10.0, 3.0) == 6.0); // where it was trimmed by hand, from there
    CHECK (words::heardEndS (0.0, 3.0, -1.0) == 3.0);
}

TEST_CASE ("A Surge XT is named by its patch, whatever the system's paths look like", "[words]")
{
    CHECK (words::instanceName ({ 53280, "C:\\Users\\me\\Patches\\Soft Pad", true, false }) == "Soft Pad");
    CHECK (words::instanceName ({ 53280, "/usr/share/Bells", true, false }) == "Bells");
    CHECK (words::instanceName ({ 53280, "", true, false }) == "port 53280");
    CHECK (words::instanceMenuEntry ({ 53280, "", true, false }) == "port 53280");
    CHECK (words::instanceMenuEntry ({ 53280, "/a/Bells", true, false }) == "Bells, port 53280");
    CHECK (words::instanceMenuEntry ({ 53280, "/a/Bells", false, false }).contains ("OSC Out is off"));
    CHECK (words::instanceMenuEntry ({ 53280, "/a/Bells", true, true }).contains ("two programs"));
}

TEST_CASE ("Addresses and sound files are known by their looks", "[words]")
{
    CHECK (words::isAddress ("50123 0123456789abcdef0123456789abcdef"));
    CHECK (words::isAddress ("  50123   abc  "));
    for (const char* wrong : { "", "50123", "0 abc", "70000 abc", "abc 50123", "50123 abc def", "-1 abc" })
        CHECK_FALSE (words::isAddress (wrong));
    CHECK (words::isSoundFile ("/a/kick.WAV"));
    CHECK (words::isSoundFile ("/a/b.c/pad.flac"));
    for (const char* wrong : { "/a/kick.fxp", "/a/wav", "", "/a/kick.wav.txt" })
        CHECK_FALSE (words::isSoundFile (wrong));
}
