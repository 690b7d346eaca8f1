#include "EditorWindow.h"

using namespace synthmatch;
using namespace synthmatch::test;

TEST_CASE ("More like the selected candidate is asked for by button and key", "[editor]")
{
    Window window (matched());
    CHECK (window.click ("More like this") == "moreLike 1");
    window.session.asked.clear();
    CHECK (window.press ('l'));
    CHECK (window.session.lastAsked() == "moreLike 1");

    auto view = matched();
    view.match = MatchState::improving;
    window.show (view);
    CHECK (window.click ("More like this") == "moreLike 1");
}

TEST_CASE ("More is not offered without a selection, nor while a match has found nothing yet", "[editor]")
{
    auto none = matched();
    none.selected = -1;
    auto busy = matched();
    busy.match = MatchState::matching;
    for (const auto& view : { listening(), none, busy })
    {
        Window window (view);
        CHECK_FALSE (window.find ("More like this")->isEnabled());
        CHECK_FALSE (window.find<AmountSlider> ("How much may change")->isEnabled());
        CHECK_FALSE (window.press ('l'));
        CHECK (window.session.asked.isEmpty());
    }
}

TEST_CASE ("The slider sets how much may change, and shows it", "[editor]")
{
    Window window (matched());
    auto* slider = window.find<AmountSlider> ("How much may change");
    REQUIRE (slider != nullptr);
    CHECK (slider->getValue() == Approx (30.0));
    CHECK (window.find<juce::Label> ("30%") != nullptr);
    slider->setValue (80.0, juce::sendNotificationSync);
    CHECK (window.session.lastAsked() == "setMoreAmount 0.80");
    window.editor->refresh();
    CHECK (window.find<juce::Label> ("80%") != nullptr);

    CHECK (slider->keyPressed (juce::KeyPress (juce::KeyPress::rightKey)));
    CHECK (window.session.lastAsked() == "setMoreAmount 0.85");
    CHECK (slider->keyPressed (juce::KeyPress (juce::KeyPress::leftKey)));
    CHECK (window.session.lastAsked() == "setMoreAmount 0.80");
    for (const int key : { juce::KeyPress::upKey, juce::KeyPress::downKey, juce::KeyPress::spaceKey })
        CHECK_FALSE (slider->keyPressed (juce::KeyPress (key))); // the window's

    window.session.change ([] (SessionView& view) { view.moreAmount = 0.1f; });
    window.editor->refresh();
    CHECK (slider->getValue() == Approx (10.0));
}
