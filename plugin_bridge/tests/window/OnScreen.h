#pragma once

#include "FakeSession.h"
#include "FakeStates.h"
#include "LayoutCheck.h"
#include "PluginEditor.h"

#include <catch2/catch.hpp>

#include <thread>

namespace synthmatch::test
{

/** Does it on the message thread, waits for it, and gives back what it gives back. */
template <typename Do>
auto onMessageThread (Do&& what) -> decltype (what())
{
    using Result = decltype (what());
    struct Call
    {
        Do& what;
        std::conditional_t<std::is_void_v<Result>, int, std::optional<Result>> result {};
    } call { what };
    juce::MessageManager::getInstance()->callFunctionOnMessageThread (
        [] (void* data) -> void*
        {
            auto& toDo = *static_cast<Call*> (data);
            if constexpr (std::is_void_v<Result>)
                toDo.what();
            else
                toDo.result.emplace (toDo.what());
            return nullptr;
        },
        &call);
    if constexpr (! std::is_void_v<Result>)
        return std::move (*call.result);
}

/** Waits until it holds on the message thread; false after half a minute. */
template <typename Condition>
bool waitFor (Condition&& holds)
{
    for (int i = 0; i < 1500; ++i)
    {
        if (onMessageThread (holds))
            return true;
        std::this_thread::sleep_for (std::chrono::milliseconds (20));
    }
    return false;
}

/** A window on the screen, on a fake session. Everything of it belongs to the message thread. */
class OnScreen
{
public:
    FakeSession session;
    FakeProcessor processor;
    std::unique_ptr<PluginEditor> editor;

    explicit OnScreen (const SessionView& view)
    {
        onMessageThread (
            [&]
            {
                session.show (view);
                editor = std::make_unique<PluginEditor> (processor, session);
                editor->setTopLeftPosition (20, 20);
                editor->addToDesktop (0);
                editor->setVisible (true);
                editor->toFront (false);
            });
        REQUIRE (waitFor ([this] { return editor->isShowing() && editor->getPeer() != nullptr; }));
    }

    ~OnScreen()
    {
        onMessageThread ([this] { editor.reset(); });
    }

    /** Gives a component the keyboard, as a click or Tab does.

        A window that has just come up can lose it once more: until it has kept it for a while, it gets it
       again.
    */
    void focus (juce::Component& component)
    {
        int kept = 0;
        REQUIRE (waitFor (
            [&]
            {
                if (component.hasKeyboardFocus (true))
                    return ++kept == 10;
                kept = 0;
                component.grabKeyboardFocus();
                return false;
            }));
    }

    /** Whether the window took the key that the system sent. */
    bool press (const juce::KeyPress& key)
    {
        return onMessageThread ([&] { return editor->getPeer()->handleKeyPress (key); });
    }

    bool press (int key) { return press (juce::KeyPress (key)); }

    juce::String lastAsked()
    {
        return onMessageThread ([this] { return session.lastAsked(); });
    }

    /** A click of the mouse in the middle of a component. */
    void click (juce::Component& component)
    {
        onMessageThread (
            [&]
            {
                const auto place =
                    editor->getLocalPoint (&component, component.getLocalBounds().getCentre()).toFloat();
                const auto send = [&] (juce::ModifierKeys buttons)
                {
                    editor->getPeer()->handleMouseEvent (juce::MouseInputSource::InputSourceType::mouse,
                                                         place, buttons, 0.0f, 0.0f,
                                                         juce::Time::currentTimeMillis());
                };
                send ({});
                send (juce::ModifierKeys::leftButtonModifier);
                send ({});
            });
    }

    template <typename Kind = FlatButton>
    Kind& find (const juce::String& title)
    {
        auto* found = onMessageThread ([&] { return test::find<Kind> (editor->content(), title); });
        REQUIRE (found != nullptr);
        return *found;
    }
};

} // namespace synthmatch::test
