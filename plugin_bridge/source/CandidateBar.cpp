#include "CandidateBar.h"

#include "CandidateWords.h"

namespace synthmatch
{

CandidateBar::CandidateBar (const LookAndFeel& look, SessionCommands& sessionToDrive)
    : session (sessionToDrive), previous (look, "Previous", Icon::previous), next (look, "Next", Icon::next),
      target (look, "Target", Icon::play), candidate (look, "Candidate", Icon::play),
      undo (look, "Undo", Icon::undo), keep (look, "Keep...", Icon::keep)
{
    previous.showIconOnly ("Previous candidate (up arrow)");
    next.showIconOnly ("Next candidate (down arrow)");
    target.setTooltip ("Hear the sound that was matched (space switches)");
    candidate.setTooltip ("Hear the candidate, equally loud (space switches)");
    undo.setTooltip ("Bring back your own patch (U)");
    keep.setTooltip ("Save this candidate as a Surge XT patch (K)");

    previous.onClick = [this] { session.selectPrevious(); };
    next.onClick = [this] { session.selectNext(); };
    target.onClick = [this] { toggle (Audition::target); };
    candidate.onClick = [this] { toggle (Audition::candidate); };
    undo.onClick = [this] { session.undo(); };
    keep.onClick = [this]
    {
        if (onKeep != nullptr)
            onKeep();
    };
    target.setToggleable (true);
    candidate.setToggleable (true);
    for (auto* button : { &previous, &next, &target, &candidate, &undo, &keep })
        addAndMakeVisible (button);
}

void CandidateBar::show (const SessionViewPtr& newView)
{
    view = newView;
    const bool hasCandidates = ! view->candidates.empty();
    previous.setEnabled (hasCandidates);
    next.setEnabled (hasCandidates);
    target.setEnabled (words::canHearTarget (*view));
    candidate.setEnabled (words::canHearCandidate (*view));
    undo.setEnabled (view->canUndo);
    keep.setEnabled (words::selectedCandidate (*view) != nullptr);

    const auto showPlaying = [this] (FlatButton& button, const char* text, Audition audition)
    {
        const bool isPlaying = view->audition == audition;
        button.setToggleState (isPlaying, juce::dontSendNotification);
        button.show (text, isPlaying ? Icon::stop : Icon::play);
    };
    showPlaying (target, "Target", Audition::target);
    showPlaying (candidate, "Candidate", Audition::candidate);
}

void CandidateBar::toggle (Audition audition)
{
    if (view != nullptr)
        session.setAudition (view->audition == audition ? Audition::none : audition);
}

void CandidateBar::resized()
{
    constexpr int gap = 4;
    auto area = getLocalBounds();
    for (auto* button : { &previous, &next })
    {
        button->setBounds (area.removeFromLeft (36));
        area.removeFromLeft (gap);
    }
    area.removeFromLeft (2 * gap);
    for (auto* button : { &target, &candidate })
    {
        button->setBounds (area.removeFromLeft (button->idealWidth()));
        area.removeFromLeft (gap);
    }
    for (auto* button : { &keep, &undo })
    {
        button->setBounds (area.removeFromRight (button->idealWidth()));
        area.removeFromRight (gap);
    }
}

} // namespace synthmatch
