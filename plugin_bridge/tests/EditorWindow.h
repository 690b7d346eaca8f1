#pragma once

#include "FakeSession.h"
#include "FakeStates.h"
#include "LayoutCheck.h"
#include "PluginEditor.h"

#include <catch2/catch.hpp>

namespace synthmatch::test
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

} // namespace synthmatch::test
