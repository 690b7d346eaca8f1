#include "OnScreen.h"

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
/** Lets the message loop run for a while: what was put off would come now. */
void letTimePass()
{
    std::this_thread::sleep_for (std::chrono::milliseconds (300));
    onMessageThread ([] {});
}

/** How many windows, menus and dialogs of ours are there. */
int openWindows()
{
    return onMessageThread ([] { return juce::Desktop::getInstance().getNumComponents(); });
}

bool menuIsOpen() { return juce::ModalComponentManager::getInstance()->getNumModalComponents() > 0; }
} // namespace

TEST_CASE ("The window shows by itself what the session has become")
{
    OnScreen screen (listening());
    onMessageThread ([&] { screen.session.show (matched()); });
    CHECK (
        waitFor ([&] { return find<FlatButton> (screen.editor->content(), "Match this sound") != nullptr; }));
}

TEST_CASE ("Menus open inside of the window, and what they offer reaches the session")
{
    OnScreen screen (listening());
    const int before = openWindows();
    for (const auto* title : { "When to record", "Last 4 s", "More" })
    {
        screen.click (screen.find (title));
        REQUIRE (waitFor (menuIsOpen));
        CHECK (openWindows() == before);
        if (juce::String (title) == "When to record")
        {
            screen.press (juce::KeyPress::downKey);
            screen.press (juce::KeyPress::downKey);
            screen.press (juce::KeyPress::returnKey);
            CHECK (waitFor ([&] { return screen.session.lastAsked() == "armTransport"; }));
        }
        onMessageThread ([] { juce::PopupMenu::dismissAllActiveMenus(); });
        REQUIRE (waitFor ([] { return ! menuIsOpen(); }));
    }
}

TEST_CASE ("The window can go while a menu is open")
{
    for (const auto* title : { "When to record", "More", "Surge XT: Warm Keys" })
    {
        auto view = matched();
        view.instances[0].patch = "Warm Keys";
        OnScreen screen (view);
        screen.click (screen.find (title));
        REQUIRE (waitFor (menuIsOpen));
        onMessageThread ([&] { screen.editor.reset(); });
        letTimePass();
        CHECK (waitFor ([] { return ! menuIsOpen(); }));
        CHECK (screen.lastAsked().isEmpty());
    }
}

TEST_CASE ("The window can go while a file is being chosen")
{
    for (const auto* title : { "File...", "Keep..." })
    {
        const int before = openWindows();
        OnScreen screen (matched());
        screen.click (screen.find (title));
        letTimePass();
        onMessageThread ([&] { screen.editor.reset(); });
        letTimePass();
        CHECK (waitFor ([before] { return juce::Desktop::getInstance().getNumComponents() == before; }));
        CHECK (screen.lastAsked().isEmpty());
    }
}

TEST_CASE ("The window can go in every state, and come again")
{
    for (const auto& state : allStates())
    {
        OnScreen screen (state.view);
        onMessageThread ([&] { screen.session.peaks = state.heard; });
        letTimePass();
        onMessageThread (
            [&]
            {
                screen.editor.reset();
                screen.editor = std::make_unique<PluginEditor> (screen.processor, screen.session);
            });
    }
    SUCCEED();
}

TEST_CASE ("A sound that is dropped by the system is loaded")
{
    OnScreen screen (listening());
    onMessageThread (
        [&]
        {
            juce::ComponentPeer::DragInfo drag;
            drag.files = { "/sounds/kick.wav" };
            drag.position = { 200, 60 };
            screen.editor->getPeer()->handleDragMove (drag);
            screen.editor->getPeer()->handleDragDrop (drag);
        });
    CHECK (waitFor ([&] { return screen.session.lastAsked() == "loadFile kick.wav"; }));
}
