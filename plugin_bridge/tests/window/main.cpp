// The window's tests that need a display. The message loop runs on the main thread, as in a host;
// the tests run beside it, and do all that touches the window through `onMessageThread`.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <juce_gui_basics/juce_gui_basics.h>

#include <iostream>
#include <thread>

int main (int argc, char* argv[])
{
    // Only of what it takes for an application does JUCE catch X errors, and its windows cause one where
    // no window manager has introduced the names of its properties, as under Xvfb.
    juce::JUCEApplicationBase::createInstance = []() -> juce::JUCEApplicationBase* { return nullptr; };
    const juce::ScopedJuceInitialiser_GUI juce;
    if (juce::Desktop::getInstance().getDisplays().getPrimaryDisplay() == nullptr)
    {
        std::cerr << "There is no display. On Linux run this as: xvfb-run -a " << argv[0] << "\n";
        return 1;
    }
    int result = 1;
    std::thread tests (
        [&]
        {
            result = Catch::Session().run (argc, argv);
            juce::MessageManager::callAsync ([] { juce::MessageManager::getInstance()->stopDispatchLoop(); });
        });
    juce::MessageManager::getInstance()->runDispatchLoop();
    tests.join();
    return result;
}
