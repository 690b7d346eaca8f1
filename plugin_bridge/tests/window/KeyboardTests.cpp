#include "OnScreen.h"

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
juce::Component* focused() { return juce::Component::getCurrentlyFocusedComponent(); }
} // namespace

TEST_CASE ("As long as nothing here has the keyboard, all keys are the host's")
{
    OnScreen screen (matched());
    const int keys[] = { juce::KeyPress::spaceKey,
                         juce::KeyPress::upKey,
                         juce::KeyPress::downKey,
                         juce::KeyPress::escapeKey,
                         juce::KeyPress::returnKey,
                         'm',
                         'u',
                         'k',
                         'x' };
    for (const int key : keys)
    {
        CAPTURE (key);
        CHECK_FALSE (screen.press (key));
    }
    screen.focus (*screen.editor); // the window alone, as after a click on its background
    for (const int key : keys)
    {
        CAPTURE (key);
        CHECK_FALSE (screen.press (key));
    }
    CHECK (screen.lastAsked().isEmpty());
}

TEST_CASE ("A click into the list gives it the keyboard: then the window's keys work, and no others")
{
    OnScreen screen (matched());
    auto& list = screen.find<juce::ListBox> ("Candidates");
    screen.click (list);
    REQUIRE (waitFor ([&list] { return list.hasKeyboardFocus (true); }));
    screen.focus (list); // and keeps it
    CHECK (screen.lastAsked().startsWith ("select "));

    CHECK (screen.press (juce::KeyPress::downKey));
    CHECK (screen.lastAsked() == "selectNext");
    CHECK (screen.press (juce::KeyPress::upKey));
    CHECK (screen.lastAsked() == "selectPrevious");
    CHECK (screen.press (juce::KeyPress::spaceKey));
    CHECK (screen.lastAsked() == "hear target");
    CHECK (screen.press ('m'));
    CHECK (screen.lastAsked() == "match");
    CHECK (screen.press ('u'));
    CHECK (screen.lastAsked() == "undo");
    onMessageThread ([&list] { list.selectRow (2); });
    CHECK (screen.press (juce::KeyPress::returnKey));
    CHECK (screen.lastAsked() == "select 2");
    CHECK_FALSE (screen.press ('x'));
    CHECK_FALSE (screen.press (juce::KeyPress ('s', juce::ModifierKeys::ctrlModifier, 0)));
}

TEST_CASE ("A click on a button does its work and leaves the keyboard where it was")
{
    OnScreen screen (matched());
    screen.click (screen.find ("Match this sound"));
    CHECK (screen.lastAsked() == "match");
    screen.click (screen.find ("Lock filters"));
    CHECK (screen.lastAsked() == "setLock 1 on");
    CHECK (onMessageThread ([] { return focused(); }) == nullptr);
}

TEST_CASE ("Tab goes through all that can be used, in reading order, and each has a name")
{
    OnScreen screen (matched());
    screen.focus (*screen.editor);
    juce::StringArray names;
    for (int i = 0; i < 60; ++i)
    {
        screen.press (juce::KeyPress::tabKey);
        const auto name = onMessageThread (
            []
            {
                auto* component = focused();
                auto* handler = component == nullptr ? nullptr : component->getAccessibilityHandler();
                return handler == nullptr ? juce::String() : handler->getTitle();
            });
        CHECK (name.isNotEmpty());
        if (names.contains (name))
            break;
        names.add (name);
    }
    CHECK (names.joinIntoString ("\n")
           == juce::StringArray { "Start of the sound",
                                  "End of the sound",
                                  "Record",
                                  "When to record",
                                  "File...",
                                  "Back to listening",
                                  "Match this sound",
                                  "Quick, 3 s",
                                  "Normal, 10 s",
                                  "Deep, 1 min",
                                  "Lock oscillators",
                                  "Lock filters",
                                  "Lock envelopes",
                                  "Lock LFOs",
                                  "Lock effects",
                                  "Candidates",
                                  "More like this",
                                  "How much may change",
                                  "Previous candidate (up arrow)",
                                  "Next candidate (down arrow)",
                                  "Target",
                                  "Candidate",
                                  "Undo",
                                  "Keep...",
                                  "Surge XT: Warm Keys",
                                  "Look for Surge XT again",
                                  "How to connect Surge XT",
                                  "More" }
                  .joinIntoString ("\n"));
}

TEST_CASE ("Return presses the button that has the keyboard, and its frame can be seen")
{
    OnScreen screen (matched());
    auto& button = screen.find ("Undo");
    const auto picture = [&button]
    {
        return onMessageThread (
            [&button]
            {
                const auto image = button.createComponentSnapshot (button.getLocalBounds());
                return image.getPixelAt (image.getWidth() / 2, 0); // its upper edge
            });
    };
    const auto before = picture();
    screen.focus (button);
    CHECK (picture() != before);
    CHECK (screen.press (juce::KeyPress::returnKey));
    CHECK (waitFor ([&screen] { return screen.session.lastAsked() == "undo"; }));
}

TEST_CASE ("A text field keeps its keys to itself")
{
    OnScreen screen (matched());
    onMessageThread ([&] { screen.editor->content().openAddress(); });
    auto& field = screen.find<juce::TextEditor> ("Port and token");
    screen.focus (field);
    for (const char letter : { 'm', 'u', 'k', ' ' })
        screen.press (juce::KeyPress (letter, {}, (juce::juce_wchar) letter));
    CHECK (onMessageThread ([&field] { return field.getText(); }) == "muk ");
    CHECK (screen.lastAsked().isEmpty());
    CHECK (screen.press (juce::KeyPress::escapeKey));
    CHECK_FALSE (onMessageThread ([&field] { return field.isShowing(); }));
}
