#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** Where a backend is that was started elsewhere on this computer. */
class AddressPanel final : public juce::Component
{
public:
    AddressPanel (const LookAndFeel&, SessionCommands&);

    std::function<void()> onClose;

    /** Takes the address from the session, and the keyboard where it may. */
    void open();

    void paint (juce::Graphics&) override;
    void resized() override;

private:
    SessionCommands& session;
    TextLabel title, help;
    juce::TextEditor field;
    FlatButton connect, useOwn, close;

    void use (const juce::String& address);
    void closePanel();

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (AddressPanel)
};

} // namespace synthmatch
