#include "EditorWindow.h"

using namespace synthmatch;
using namespace synthmatch::test;

TEST_CASE ("Each button asks the session for what it says", "[editor]")
{
    Window window;
    CHECK (window.click ("Record") == "startRecording");
    CHECK (window.click ("Match the last 4 s") == "match");
    CHECK (window.click ("Quick, 3 s") == "setBudget 3");
    CHECK (window.click ("Deep, 1 min") == "setBudget 60");
    CHECK (window.click ("Lock filters") == "setLock 1 on");
    CHECK (window.click ("Look for Surge XT again") == "refreshInstances");

    for (const auto armed : { CaptureState::armedTransport, CaptureState::armedSound })
    {
        window.session.change ([armed] (SessionView& view) { view.capture = armed; });
        window.editor->refresh();
        CHECK (window.click ("Disarm") == "disarm");
    }
    window.session.change ([] (SessionView& view) { view.capture = CaptureState::recording; });
    window.editor->refresh();
    CHECK (window.click ("Stop") == "stopRecording");
    CHECK (window.click ("Stop and match") == "match");

    auto view = matched();
    view.locks[(int) Section::effects] = true;
    window.show (view);
    CHECK (window.click ("Back to listening") == "clearRegion");
    CHECK (window.click ("Lock effects") == "setLock 4 off");
    CHECK (window.click ("Next candidate (down arrow)") == "selectNext");
    CHECK (window.click ("Previous candidate (up arrow)") == "selectPrevious");
    CHECK (window.click ("Target") == "hear target");
    CHECK (window.click ("Target") == "hear nothing");
    CHECK (window.click ("Candidate") == "hear candidate");
    CHECK (window.click ("Undo") == "undo");

    view.match = MatchState::matching;
    window.show (view);
    CHECK (window.click ("Cancel") == "cancel");
    view.match = MatchState::improving;
    window.show (view);
    CHECK (window.click ("Stop") == "cancel");
}

TEST_CASE ("What cannot be done is not offered", "[editor]")
{
    Window window;
    for (const char* title : { "Target", "Candidate", "Undo", "Keep...", "Next candidate (down arrow)" })
        CHECK_FALSE (window.find (title)->isEnabled());
    auto view = matched();
    view.selected = 7; // was not rendered
    view.canUndo = false;
    window.show (view);
    CHECK (window.find ("Keep...")->isEnabled());
    CHECK_FALSE (window.find ("Candidate")->isEnabled());
    CHECK_FALSE (window.find ("Undo")->isEnabled());
    CHECK (window.find ("Back to listening") != nullptr);
    CHECK (window.find ("Last 4 s") == nullptr);
}

TEST_CASE ("Without a Surge XT the help opens by itself, and stays closed once closed", "[editor]")
{
    auto missing = connected();
    missing.instances.clear();
    Window window (missing);
    REQUIRE (window.find ("Look again") != nullptr);
    CHECK (window.click ("Look again") == "refreshInstances");
    CHECK (window.find<juce::Label> ("No Surge XT is listening yet") != nullptr);

    window.click ("Close this help");
    CHECK (window.find ("Look again") == nullptr);
    window.show (missing);
    CHECK (window.find ("Look again") == nullptr);
    window.click ("How to connect Surge XT");
    CHECK (window.find ("Look again") != nullptr);

    window.show (connected());
    CHECK (window.find ("Look again") == nullptr);
    window.show (missing);
    CHECK (window.find ("Look again") != nullptr);
}

TEST_CASE ("The help never hides candidates by itself", "[editor]")
{
    auto view = matched();
    view.instances.clear();
    Window window (view);
    CHECK (window.find ("Look again") == nullptr);
    CHECK (window.find<juce::ListBox> ("Candidates") != nullptr);
}

TEST_CASE ("A problem is told with its next step, and Try again does what failed", "[editor]")
{
    auto view = matched();
    view.problem = { "It went wrong.", "Do something else." };
    view.match = MatchState::failed;
    Window window (view);
    CHECK (window.find<juce::Label> ("It went wrong.") != nullptr);
    CHECK (window.find<juce::Label> ("Do something else.") != nullptr);
    CHECK (window.find ("Open log folder") != nullptr);
    CHECK (window.click ("Try again") == "match");
    CHECK (window.click ("Close this message") == "dismissProblem");

    view.match = MatchState::done;
    window.show (view); // nothing that can be tried again: to be read and closed
    CHECK (window.find ("Try again") == nullptr);
    CHECK (window.find ("Open log folder") == nullptr);

    view.write = WriteState::failed;
    window.show (view);
    CHECK (window.click ("Try again") == "select 1");

    view.link.state = LinkState::failed;
    window.show (view);
    CHECK (window.click ("Try again") == "retryLink");
    CHECK (window.find ("Address...") != nullptr);

    view.problem = {};
    view.link.problem = "The backend is gone.";
    window.show (view);
    CHECK (window.find<juce::Label> ("The backend is gone.") != nullptr);
    CHECK (window.click ("Try again") == "retryLink");
    window.show (matched());
    CHECK (window.find ("Try again") == nullptr);
}

TEST_CASE ("A remark can be read and closed, and the next one shows again", "[editor]")
{
    auto view = matched();
    view.remark = "The GPU's memory is full: the model runs on the CPU from now on.";
    Window window (view);
    REQUIRE (window.find<juce::Label> (view.remark) != nullptr);
    CHECK (window.find ("Open log folder") == nullptr);
    CHECK (window.click ("Close this message").isEmpty());
    CHECK (window.find<juce::Label> (view.remark) == nullptr);
    view.remark = "Another one.";
    window.show (view);
    CHECK (window.find<juce::Label> (view.remark) != nullptr);
}

TEST_CASE ("The address box takes a port and a token, and leads back to the own backend", "[editor]")
{
    Window window;
    window.editor->content().openAddress();
    auto* field = window.find<juce::TextEditor> ("Port and token");
    REQUIRE (field != nullptr);
    CHECK_FALSE (window.find ("Connect")->isEnabled());
    CHECK_FALSE (window.find ("Use my own")->isEnabled());
    field->setText ("50123 abc", true);
    field->onTextChange();
    CHECK (window.click ("Connect") == "setAddress 50123 abc");
    CHECK (window.find ("Connect") == nullptr);

    window.session.change ([] (SessionView& view) { view.address = "50123 abc"; });
    window.editor->refresh();
    window.editor->content().openAddress();
    CHECK (field->getText() == "50123 abc");
    CHECK (window.click ("Use my own") == "setAddress ");
}

TEST_CASE ("The status line says which Surge XT it is, and what became of the last write", "[editor]")
{
    Window window (matched());
    CHECK (window.find ("Surge XT: Warm Keys") != nullptr);
    CHECK (window.find<juce::Label> ("Candidate 2 is in Surge XT") != nullptr);
    window.session.change ([] (SessionView& view) { view.kept = "/patches/Mine.fxp"; });
    window.editor->refresh();
    CHECK (window.find<juce::Label> ("Kept: Mine.fxp") != nullptr);
    window.session.change ([] (SessionView& view) { view.write = WriteState::queued; });
    window.editor->refresh();
    CHECK (window.find<juce::Label> ("Candidate 2 waits for playback") != nullptr);
    window.session.change ([] (SessionView& view) { view.chosenPort = 53290; });
    window.editor->refresh();
    CHECK (window.find ("Surge XT: port 53290 is silent") != nullptr);
}
