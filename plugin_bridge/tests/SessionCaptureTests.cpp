#include "SessionRig.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    bool isCaptured (const SessionView& view) { return view.capture == CaptureState::captured; }
}

TEST_CASE ("A recording by hand becomes the region, and there is a way back to listening", "[capture]")
{
    Rig rig;
    rig.session.startRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
    rig.hearTone (1.5);
    REQUIRE (rig.shows ([] (const auto& view) { return view.recordedS == Approx (1.5); }));
    rig.session.stopRecording();
    REQUIRE (rig.shows (isCaptured));
    REQUIRE (rig.session.view()->region != nullptr);
    CHECK (rig.session.view()->region->lengthS() == Approx (1.5));
    CHECK (rig.session.view()->recordedS == 0.0);

    rig.session.clearRegion();
    REQUIRE (rig.shows ([] (const auto& view)
                        { return view.capture == CaptureState::listening && view.region == nullptr; }));
}

TEST_CASE ("Armed, it records with the transport or with the sound, and can be disarmed", "[capture]")
{
    Rig rig;
    SECTION ("the transport")
    {
        rig.hear (sounds::silence (Rig::rateHz, 0.5), false);
        rig.session.armTransport();
        REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::armedTransport; }));
        rig.hear (sounds::tone (Rig::rateHz, 1.0, 220.0, 0.5f), true);
        REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
        rig.hear (sounds::silence (Rig::rateHz, 0.5), false);
        REQUIRE (rig.shows (isCaptured));
        CHECK (rig.session.view()->region->lengthS() == Approx (1.0).margin (0.02));
    }
    SECTION ("the sound")
    {
        rig.session.armSound();
        REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::armedSound; }));
        rig.hear (sounds::silence (Rig::rateHz, 1.0));
        rig.hearTone (1.0);
        rig.hear (sounds::silence (Rig::rateHz, 1.0));
        REQUIRE (rig.shows (isCaptured));
    }
    SECTION ("neither")
    {
        rig.session.armSound();
        REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::armedSound; }));
        rig.session.disarm();
        REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::listening; }));
    }
}

TEST_CASE ("A change of sample rate while it records keeps what was recorded", "[capture]")
{
    Rig rig;
    rig.session.startRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
    rig.hearTone (1.0);
    rig.engine.prepare (96000.0, 256);
    REQUIRE (rig.shows (isCaptured));
    CHECK (rig.session.view()->region->sampleRateHz == 48000.0);
    CHECK (rig.session.view()->region->lengthS() == Approx (1.0));
    rig.session.match();
    CHECK (rig.isDone());
}

TEST_CASE ("A file is taken as the region, or told why not", "[capture]")
{
    Rig rig;
    const auto sound = makeRegion (sounds::tone (44100.0, 1.0, 330.0, 0.5f, 1), 44100.0, "Bell");
    const auto written = writeRegion (*sound, rig.backend.folder);
    REQUIRE_FALSE (written.problem.exists());
    rig.session.loadFile (written.file);
    REQUIRE (rig.shows (isCaptured));
    CHECK (rig.session.view()->region->file == written.file);
    const auto region = rig.session.view()->region;

    rig.session.loadFile (rig.backend.folder.getChildFile ("missing.wav"));
    REQUIRE (rig.shows ([] (const auto& view) { return view.problem.exists(); }));
    CHECK (rig.session.view()->region == region); // what was there stays
    CHECK (rig.session.view()->problem.nextStep.isNotEmpty());
    rig.session.loadFile (written.file);
    CHECK (rig.shows ([] (const auto& view) { return ! view.problem.exists(); }));
}

TEST_CASE ("The trim follows the handles; nonsense is brought into the sound", "[capture]")
{
    Rig rig;
    rig.session.setTrim (0.1, 0.2); // nothing to trim yet
    rig.hearTone (4.0);
    rig.session.startRecording();
    REQUIRE (rig.shows ([] (const auto& view) { return view.capture == CaptureState::recording; }));
    rig.hearTone (2.0);
    rig.session.stopRecording();
    REQUIRE (rig.shows (isCaptured));
    for (int i = 0; i <= 100; ++i) // a handle that is dragged
        rig.session.setTrim (0.01 * i, 1.5);
    REQUIRE (rig.shows ([] (const auto& view) { return view.region->startS == Approx (1.0); }));
    CHECK (rig.session.view()->region->endS == Approx (1.5));
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    rig.session.setTrim (nan, nan);
    rig.session.setTrim (-1.0, 99.0);
    REQUIRE (rig.shows ([] (const auto& view) { return view.region->startS == 0.0; }));
    CHECK (rig.session.view()->region->endS == Approx (2.0));
}

TEST_CASE ("Settings are brought into their limits", "[capture]")
{
    Rig rig;
    rig.session.setLookBack (100.0);
    CHECK (rig.shows ([] (const auto& view) { return view.lookBackS == longestLookBackS; }));
    rig.session.setLookBack (std::numeric_limits<double>::quiet_NaN());
    rig.session.setLookBack (0.0);
    CHECK (rig.shows ([] (const auto& view) { return view.lookBackS == shortestLookBackS; }));
    rig.session.setBudget (100.0f);
    CHECK (rig.shows ([] (const auto& view) { return view.budgetS == mostBudgetS; }));
    rig.session.setBudget (std::numeric_limits<float>::infinity());
    rig.session.setBudget (-1.0f);
    CHECK (rig.shows ([] (const auto& view) { return view.budgetS == 0.0f; }));
    rig.session.chooseInstance (0);
    rig.session.chooseInstance (70000);
    rig.settle();
    CHECK (rig.session.view()->chosenPort == 0);
    CHECK (rig.backend.links() == 0);
}
