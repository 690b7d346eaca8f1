#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** Which Surge XT is written into, and how the last write went. */
class StatusBar final : public juce::Component
{
public:
    StatusBar (const LookAndFeel&, SessionCommands&);

    std::function<void()> onHelp, onAddress;

    void show (SessionViewPtr);
    void paint (juce::Graphics&) override;
    void resized() override;

private:
    const LookAndFeel& look;
    SessionCommands& session;
    SessionViewPtr view;
    bool isLooking = false; // for instances, since it was asked to
    bool keptIsNewest = false;
    TextLabel surge;
    FlatButton instance, refresh, help;
    juce::String news;
    TextLabel status;
    FlatButton more;

    juce::String instanceText() const;
    void lookForInstances();
    void openInstanceMenu();
    void openMoreMenu();

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (StatusBar)
};

} // namespace synthmatch
