#include "MainView.h"

#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr int margin = 12, gap = 8;
constexpr int captureHeight = 26, matchHeight = 40, locksHeight = 24, moreHeight = 24, barHeight = 28,
              statusHeight = 32;
constexpr int leastWaveform = 60, mostWaveform = 110,
              leastList = 2 * CandidateList::rowHeight + 2 * CandidateList::padding;
} // namespace

MainView::MainView (const LookAndFeel& look, SessionCommands& session)
    : waveform (look, session), capture (look, session), match (look, session), locks (look, session),
      notice (look, session), candidates (look, session), more (look, session),
      candidateBar (look, session), help (look, session), address (look, session), status (look, session)
{
    capture.onChooseFile = [this] { onChooseFile(); };
    candidateBar.onKeep = [this] { onKeep(); };
    notice.onAddress = [this] { openAddress(); };
    notice.onChange = [this] { resized(); };
    help.onClose = [this]
    {
        helpWasClosed = true;
        openPanel (Panel::none);
    };
    address.onClose = [this] { openPanel (Panel::none); };
    status.onHelp = [this] { openPanel (panel == Panel::help ? Panel::none : Panel::help); };
    status.onAddress = [this] { openAddress(); };

    // In the order that Tab goes.
    for (juce::Component* child :
         std::initializer_list<juce::Component*> { &waveform, &capture, &match, &locks, &notice, &candidates,
                                                   &more, &candidateBar, &help, &address, &status })
    {
        addAndMakeVisible (child);
        child->setMouseClickGrabsKeyboardFocus (false);
    }
    showPanel();
}

bool MainView::surgeIsMissing() const
{
    return view != nullptr && view->instancesKnown && view->instances.empty() && view->candidates.empty();
}

void MainView::show (const SessionViewPtr& newView)
{
    const bool wasMissing = surgeIsMissing();
    view = newView;
    waveform.show (view);
    capture.show (view);
    match.show (*view);
    locks.show (*view);
    notice.show (view);
    candidates.show (view);
    more.show (view);
    candidateBar.show (view);
    help.show (*view);
    status.show (view);

    if (surgeIsMissing() && ! wasMissing && ! helpWasClosed)
        openPanel (Panel::help);
    else if (wasMissing && ! surgeIsMissing() && panel == Panel::help)
        openPanel (Panel::none);
    if (! surgeIsMissing())
        helpWasClosed = false;
}

void MainView::openPanel (Panel newPanel)
{
    panel = newPanel;
    showPanel();
    if (panel == Panel::address)
        address.open();
    resized();
}

bool MainView::closePanel()
{
    if (panel == Panel::none)
        return false;
    helpWasClosed = helpWasClosed || panel == Panel::help;
    openPanel (Panel::none);
    return true;
}

void MainView::showPanel()
{
    help.setVisible (panel == Panel::help);
    address.setVisible (panel == Panel::address);
    candidates.setVisible (panel == Panel::none);
    more.setVisible (panel == Panel::none);
    candidateBar.setVisible (panel == Panel::none);
}

void MainView::paint (juce::Graphics& g) { g.fillAll (palette::background); }

void MainView::resized()
{
    auto area = getLocalBounds();
    status.setBounds (area.removeFromBottom (statusHeight));
    area = area.reduced (margin, 0).withTrimmedTop (margin).withTrimmedBottom (gap);

    const bool hasNotice = notice.hasSomethingToSay() && panel != Panel::help;
    const int noticeHeight = hasNotice ? notice.heightFor (area.getWidth()) + gap : 0;
    const int fixedHeight = captureHeight + matchHeight + locksHeight + 4 * gap + noticeHeight;
    const int leastLower = barHeight + gap + moreHeight + gap + leastList;
    const int waveformHeight = juce::jlimit (leastWaveform, mostWaveform,
                                             area.getHeight() - fixedHeight - leastLower);

    const auto take = [&area] (juce::Component& component, int height)
    {
        component.setBounds (area.removeFromTop (height));
        area.removeFromTop (gap);
    };
    take (waveform, waveformHeight);
    take (capture, captureHeight);
    take (match, matchHeight);
    take (locks, locksHeight);
    notice.setVisible (hasNotice);
    if (hasNotice)
        take (notice, noticeHeight - gap);

    help.setBounds (area);
    address.setBounds (area);
    candidateBar.setBounds (area.removeFromBottom (barHeight));
    area.removeFromBottom (gap);
    more.setBounds (area.removeFromBottom (moreHeight));
    candidates.setBounds (area.withTrimmedBottom (gap));
}

} // namespace synthmatch
