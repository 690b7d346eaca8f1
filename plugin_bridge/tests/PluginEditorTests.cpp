#include "FakeSession.h"
#include "FakeStates.h"
#include "LayoutCheck.h"
#include "PluginEditor.h"
#include "Words.h"

#include <catch2/catch.hpp>

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
/** A window on a fake session. */
struct Window
{
    FakeSession session;
    FakeProcessor processor;
    std::unique_ptr<PluginEditor> editor = std::make_unique<PluginEditor> (processor, session);

    explicit Window (const SessionView& view = listening())
    {
        editor->setVisible (true);
        show (view);
    }

    void show (const SessionView& view)
    {
        session.show (view);
        editor->refresh();
    }

    bool press (int key) { return editor->performKey (juce::KeyPress (key)); }

    template <typename Kind = FlatButton>
    Kind* find (const juce::String& title)
    {
        return test::find<Kind> (editor->content(), title);
    }

    /** What a click on this button asks for. */
    juce::String click (const juce::String& title)
    {
        auto* button = find (title);
        REQUIRE (button != nullptr);
        REQUIRE (button->isEnabled());
        session.asked.clear();
        button->onClick();
        editor->refresh();
        return session.lastAsked();
    }
};

/** Counts what is to be drawn again, and where. */
class RepaintWatch final : public juce::CachedComponentImage
{
public:
    explicit RepaintWatch (juce::RectangleList<int>& areasToFill) : areas (areasToFill) {}

    void paint (juce::Graphics&) override {}
    bool invalidateAll() override { return true; }
    bool invalidate (const juce::Rectangle<int>& area) override
    {
        if (! area.isEmpty())
            areas.add (area);
        return true;
    }
    void releaseResources() override {}

private:
    juce::RectangleList<int>& areas;
};

SessionView withLongTexts (SessionView view)
{
    const auto longName = juce::String::repeatedString ("a long name ", 30);
    if (view.region != nullptr)
    {
        auto region = std::make_shared<Region> (*view.region);
        region->name = longName;
        view.region = region;
    }
    for (auto& instance : view.instances)
        instance.patch = "/patches/" + longName;
    for (auto& candidate : view.candidates)
        candidate.tells.insert (candidate.tells.begin(), longName);
    view.kept = "/patches/" + longName + ".fxp";
    view.lookBackS = 29.5;
    return view;
}

void checkLayouts (PluginEditor& editor, const juce::String& name)
{
    const juce::Point<int> sizes[] = { { 476, 357 },  { 560, 420 },  { 560, 520 },  { 840, 630 },
                                       { 1120, 840 }, { 1680, 600 }, { 476, 1260 }, { 1680, 1260 } };
    for (const auto size : sizes)
    {
        editor.setSize (size.x, size.y);
        CAPTURE (name.toStdString(), size.x, size.y,
                 layoutFaults (editor.content()).joinIntoString ("\n").toStdString());
        CHECK (layoutFaults (editor.content()).isEmpty());
    }
}
} // namespace

TEST_CASE ("Every state lays out without overlap or cut text, from the smallest window to 200%", "[editor]")
{
    for (const auto& state : allStates())
    {
        Window window (state.view);
        window.session.peaks = state.heard;
        window.editor->refresh();
        checkLayouts (*window.editor, state.name);
        window.show (withLongTexts (state.view));
        checkLayouts (*window.editor, state.name + " with long texts");
    }
}

TEST_CASE ("The help and the address box lay out in every size", "[editor]")
{
    for (const auto& view : { listening(), matched() })
    {
        Window window (view);
        window.editor->content().openHelp();
        REQUIRE (window.find ("Close this help") != nullptr);
        checkLayouts (*window.editor, "help");
        window.editor->content().openAddress();
        REQUIRE (window.find ("Use my own") != nullptr);
        checkLayouts (*window.editor, "address");
    }
}

TEST_CASE ("The content grows with the window up to 200%, and then shows more", "[editor]")
{
    Window window (matched());
    const auto scale = [&window]
    { return juce::Component::getApproximateScaleFactorForComponent (&window.editor->content()); };
    window.editor->setSize (560, 420);
    CHECK (scale() == Approx (1.0f));
    window.editor->setSize (840, 630);
    CHECK (scale() == Approx (1.5f));
    window.editor->setSize (1120, 840);
    CHECK (scale() == Approx (2.0f));
    window.editor->setSize (1680, 1260);
    CHECK (scale() == Approx (2.0f));
    CHECK (window.editor->content().getWidth() == 840);
}

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

TEST_CASE ("Keys reach the session", "[editor]")
{
    Window window (matched());
    const auto asked = [&window] (int key)
    {
        window.session.asked.clear();
        CHECK (window.press (key));
        window.editor->refresh();
        return window.session.lastAsked();
    };
    CHECK (asked (juce::KeyPress::upKey) == "selectPrevious");
    CHECK (asked (juce::KeyPress::downKey) == "selectNext");
    CHECK (asked ('m') == "match");
    CHECK (asked ('M') == "match");
    CHECK (asked ('u') == "undo");
    CHECK (asked (juce::KeyPress::spaceKey) == "hear target");
    CHECK (asked (juce::KeyPress::spaceKey) == "hear candidate");
    CHECK (asked (juce::KeyPress::spaceKey) == "hear target");
    CHECK (asked (juce::KeyPress::escapeKey) == "hear nothing");
    CHECK (asked (juce::KeyPress::spaceKey) == "hear candidate");
}

TEST_CASE ("Escape closes a panel, then cancels a match, then stops what is heard, then is the host's",
           "[editor]")
{
    auto view = matched();
    view.match = MatchState::matching;
    view.audition = Audition::target;
    Window window (view);
    window.editor->content().openHelp();
    CHECK (window.press (juce::KeyPress::escapeKey));
    CHECK (window.session.asked.isEmpty());
    CHECK (window.find ("Close this help") == nullptr);
    CHECK (window.press (juce::KeyPress::escapeKey));
    CHECK (window.session.lastAsked() == "cancel");
    view.match = MatchState::cancelled;
    window.show (view);
    CHECK (window.press (juce::KeyPress::escapeKey));
    CHECK (window.session.lastAsked() == "hear nothing");
    window.editor->refresh();
    CHECK_FALSE (window.press (juce::KeyPress::escapeKey));
}

TEST_CASE ("Keys that are for nothing here are left to the host", "[editor]")
{
    Window window;
    for (const int key :
         { (int) 'x', (int) 'u', (int) 'k', (int) juce::KeyPress::upKey, (int) juce::KeyPress::downKey,
           (int) juce::KeyPress::spaceKey, (int) juce::KeyPress::escapeKey, (int) juce::KeyPress::returnKey })
    {
        CAPTURE (key);
        CHECK_FALSE (window.press (key));
    }
    CHECK_FALSE (window.editor->performKey (juce::KeyPress ('m', juce::ModifierKeys::ctrlModifier, 0)));
    auto view = matched();
    view.match = MatchState::matching;
    window.show (view);
    CHECK_FALSE (window.press ('m'));
    CHECK (window.session.asked.isEmpty());
    // Nothing of the window has the keyboard.
    CHECK_FALSE (window.editor->keyPressed (juce::KeyPress (juce::KeyPress::downKey)));
}

TEST_CASE ("Sounds can be dropped anywhere on the window, and nothing else", "[editor]")
{
    Window window;
    CHECK (window.editor->isInterestedInFileDrag ({ "/a/notes.txt", "/a/kick.wav" }));
    CHECK_FALSE (window.editor->isInterestedInFileDrag ({ "/a/notes.txt" }));
    CHECK_FALSE (window.editor->isInterestedInFileDrag ({}));

    window.editor->fileDragEnter ({ "/a/kick.wav" }, 5, 5);
    CHECK (window.find<juce::Label> ("Drop it here") != nullptr);
    window.editor->fileDragExit ({ "/a/kick.wav" });
    CHECK (window.find<juce::Label> ("Drop it here") == nullptr);
    window.editor->fileDragEnter ({ "/a/kick.wav" }, 5, 5);
    window.editor->filesDropped ({ "/a/notes.txt", "/a/kick.wav", "/a/pad.wav" }, 5, 5);
    CHECK (window.session.asked == juce::StringArray { "loadFile kick.wav" });
    CHECK (window.find<juce::Label> ("Drop it here") == nullptr);
    window.editor->filesDropped ({ "/a/notes.txt" }, 5, 5);
    CHECK (window.session.asked.size() == 1);
}

TEST_CASE ("Nothing is drawn again where nothing has changed", "[editor]")
{
    for (const auto& state : allStates())
    {
        Window window (state.view);
        window.session.peaks = state.heard;
        window.editor->refresh();
        juce::RectangleList<int> drawn;
        window.editor->setCachedComponentImage (new RepaintWatch (drawn));

        for (int i = 0; i < 5; ++i)
            window.editor->refresh();
        CAPTURE (state.name.toStdString(), drawn.getBounds().toString().toStdString());
        CHECK (drawn.isEmpty());

        window.session.change ([] (SessionView&) {}); // a newer version of the same
        window.editor->refresh();
        CHECK (drawn.isEmpty());
        window.editor->setCachedComponentImage (nullptr);
    }
}

TEST_CASE ("Only what has changed is drawn again", "[editor]")
{
    auto view = matched();
    view.match = MatchState::improving;
    Window window (view);
    juce::RectangleList<int> drawn;
    window.editor->setCachedComponentImage (new RepaintWatch (drawn));

    const auto areaOf = [&window] (const juce::Component* component)
    { return window.editor->getLocalArea (component, component->getLocalBounds()).expanded (1); };

    window.session.change ([] (SessionView& next) { next.fraction += 0.1f; });
    window.editor->refresh();
    CHECK_FALSE (drawn.isEmpty());
    CHECK (areaOf (test::find<juce::Component> (window.editor->content(), "Progress"))
               .contains (drawn.getBounds()));

    window.show (listening());
    drawn.clear();
    window.session.peaks = playedPeaks();
    window.editor->refresh();
    CHECK_FALSE (drawn.isEmpty());
    CHECK (areaOf (test::find<juce::Component> (window.editor->content(), "The sound to be matched"))
               .contains (drawn.getBounds()));
    window.editor->setCachedComponentImage (nullptr);
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

TEST_CASE ("The editor can go at any time, in any state", "[editor]")
{
    for (const auto& state : allStates())
    {
        Window window (state.view);
        window.session.peaks = state.heard;
        window.editor->refresh();
        window.editor->createComponentSnapshot (window.editor->getLocalBounds());
        window.editor.reset();
        window.session.change ([] (SessionView&) {});
        window.editor = std::make_unique<PluginEditor> (window.processor, window.session);
        CHECK (window.editor->content().isVisible());
    }
}
