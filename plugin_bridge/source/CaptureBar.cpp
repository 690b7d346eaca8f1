#include "CaptureBar.h"

#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr double lookBacksS[] = { 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0 };
constexpr int gap = 8;

bool isArmed (CaptureState state)
{
    return state == CaptureState::armedTransport || state == CaptureState::armedSound;
}
} // namespace

CaptureBar::CaptureBar (const LookAndFeel& look, SessionCommands& sessionToDrive)
    : session (sessionToDrive), record (look, "Record", Icon::record),
      recordMenu (look, "When to record", Icon::down), file (look, "File..."), lookBack (look, "Last 4 s"),
      listen (look, "Back to listening")
{
    record.setIconColour (palette::alert);
    record.setTooltip ("Record the sound of this track");
    record.onClick = [this] { recordClicked(); };
    recordMenu.showIconOnly ("When to record");
    recordMenu.onClick = [this] { openRecordMenu(); };
    file.setTooltip ("Match a sound file: wav, flac, aiff, ogg or mp3");
    file.onClick = [this]
    {
        if (onChooseFile != nullptr)
            onChooseFile();
    };
    lookBack.setMenuArrow (true);
    lookBack.setTooltip ("How much of what was just played Match takes");
    lookBack.onClick = [this] { openLookBackMenu(); };
    listen.setTooltip ("Let go of this sound, and listen to the track again");
    listen.onClick = [this] { session.clearRegion(); };
    for (auto* button : { &record, &recordMenu, &file, &lookBack })
        addAndMakeVisible (button);
    addChildComponent (listen);
}

void CaptureBar::show (const SessionViewPtr& newView)
{
    view = newView;
    if (view->capture == CaptureState::recording)
        record.show ("Stop", Icon::stop);
    else if (isArmed (view->capture))
        record.show ("Disarm", Icon::stop);
    else
        record.show ("Record", Icon::record);
    recordMenu.setEnabled (view->capture != CaptureState::recording);
    lookBack.show ("Last " + words::seconds (view->lookBackS), Icon::none);
    listen.setVisible (view->region != nullptr);
    lookBack.setVisible (view->region == nullptr && view->capture != CaptureState::recording);
    resized();
}

void CaptureBar::recordClicked()
{
    if (view == nullptr)
        return;
    if (view->capture == CaptureState::recording)
        session.stopRecording();
    else if (isArmed (view->capture))
        session.disarm();
    else
        session.startRecording();
}

void CaptureBar::openRecordMenu()
{
    if (view == nullptr)
        return;
    const juce::Component::SafePointer<CaptureBar> safe (this);
    const auto add =
        [&] (juce::PopupMenu& menu, const char* text, bool isTicked, void (SessionCommands::*command)())
    {
        menu.addItem (text, true, isTicked,
                      [safe, command]
                      {
                          if (safe != nullptr)
                              (safe->session.*command)();
                      });
    };
    juce::PopupMenu menu;
    add (menu, "Record now", false, &SessionCommands::startRecording);
    add (menu, "Record with the transport", view->capture == CaptureState::armedTransport,
         &SessionCommands::armTransport);
    add (menu, "Record from the first sound to silence", view->capture == CaptureState::armedSound,
         &SessionCommands::armSound);
    openMenu (menu, recordMenu);
}

void CaptureBar::openLookBackMenu()
{
    if (view == nullptr)
        return;
    const juce::Component::SafePointer<CaptureBar> safe (this);
    juce::PopupMenu menu;
    for (const double seconds : lookBacksS)
        menu.addItem ("Last " + words::seconds (seconds), true, std::abs (seconds - view->lookBackS) < 0.05,
                      [safe, seconds]
                      {
                          if (safe != nullptr)
                              safe->session.setLookBack (seconds);
                      });
    openMenu (menu, lookBack);
}

void CaptureBar::resized()
{
    auto area = getLocalBounds();
    record.setBounds (area.removeFromLeft (record.idealWidth()));
    area.removeFromLeft (2);
    recordMenu.setBounds (area.removeFromLeft (area.getHeight()));
    area.removeFromLeft (gap);
    file.setBounds (area.removeFromLeft (file.idealWidth()));
    auto& right = listen.isVisible() ? listen : lookBack;
    right.setBounds (area.removeFromRight (right.idealWidth()));
}

} // namespace synthmatch
