#pragma once

#include "FlatButton.h"
#include "SessionView.h"

namespace synthmatch
{

/** Where the sound comes from: record, a file, or the last seconds. */
class CaptureBar final : public juce::Component
{
public:
    CaptureBar (const LookAndFeel&, SessionCommands&);

    /** A sound file is to be chosen. */
    std::function<void()> onChooseFile;

    void show (const SessionViewPtr&);
    void resized() override;

private:
    SessionCommands& session;
    SessionViewPtr view;
    FlatButton record, recordMenu, file, lookBack, listen;

    void recordClicked();
    void openRecordMenu();
    void openLookBackMenu();

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (CaptureBar)
};

} // namespace synthmatch
