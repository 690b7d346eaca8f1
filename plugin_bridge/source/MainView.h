#pragma once

#include "AddressPanel.h"
#include "CandidateBar.h"
#include "CandidateList.h"
#include "CaptureBar.h"
#include "HelpPanel.h"
#include "LockBar.h"
#include "MatchBar.h"
#include "MoreBar.h"
#include "NoticeBar.h"
#include "StatusBar.h"
#include "WaveformView.h"

namespace synthmatch
{

/** The window's content at 100%: the sound, Match, the candidates or a panel in their place, the status. */
class MainView final : public Frame
{
public:
    static constexpr int minWidth = 560, minHeight = 420;

    MainView (const LookAndFeel&, SessionCommands&);

    std::function<void()> onChooseFile, onKeep;

    void show (const SessionViewPtr&);

    /** Moves on what moves by itself; to be called at the window's pace. */
    void moveOn() { waveform.moveOn(); }

    void setDropOffered (bool isOffered) { waveform.setDropOffered (isOffered); }

    /** Closes the help or the address box; false if neither is open. */
    bool closePanel();
    void openHelp() { openPanel (Panel::help); }
    void openAddress() { openPanel (Panel::address); }

    void paint (juce::Graphics&) override;
    void resized() override;

private:
    /** What lies in the lower part in place of the candidates. */
    enum class Panel
    {
        none,
        help,
        address
    };

    SessionViewPtr view;
    Panel panel = Panel::none;
    bool helpWasClosed = false; // since Surge XT was last looked for

    WaveformView waveform;
    CaptureBar capture;
    MatchBar match;
    LockBar locks;
    NoticeBar notice;
    CandidateList candidates;
    MoreBar more;
    CandidateBar candidateBar;
    HelpPanel help;
    AddressPanel address;
    StatusBar status;
    juce::TooltipWindow tooltips { this, 600 };

    void openPanel (Panel);
    void showPanel();
    bool surgeIsMissing() const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (MainView)
};

} // namespace synthmatch
