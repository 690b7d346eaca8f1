#include "EditorWindow.h"

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
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

TEST_CASE ("A window that is opened again is as large as it was", "[editor]")
{
    Window window;
    CHECK (window.editor->getWidth() == WindowSize {}.width);
    WindowSize size;
    window.editor = std::make_unique<PluginEditor> (window.processor, window.session, &size);
    window.editor->setSize (900, 700);
    window.editor.reset();
    window.editor = std::make_unique<PluginEditor> (window.processor, window.session, &size);
    CHECK (window.editor->getWidth() == 900);
    CHECK (window.editor->getHeight() == 700);

    size = { 5, 100000 }; // out of bounds, as from another version
    window.editor = std::make_unique<PluginEditor> (window.processor, window.session, &size);
    CHECK (window.editor->getWidth() == 476);
    CHECK (window.editor->getHeight() == 1260);
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
