#include "NoticeBar.h"

namespace synthmatch
{

namespace
{
constexpr int margin = 12, padding = 8, closeSize = 24, buttonHeight = 24, gap = 4;

bool canTryAgain (const SessionView& view)
{
    return view.link.state == LinkState::failed || view.match == MatchState::failed
           || view.write == WriteState::failed;
}
} // namespace

NoticeBar::NoticeBar (const LookAndFeel& look, SessionCommands& sessionToDrive)
    : session (sessionToDrive),
      sentence (look, LookAndFeel::bodyHeight, palette::text, false, juce::Justification::topLeft),
      nextStep (look, LookAndFeel::smallHeight, palette::muted, false, juce::Justification::topLeft),
      tryAgain (look, "Try again", Icon::refresh), openLogs (look, "Open log folder"),
      address (look, "Address..."), close (look, "Close", Icon::close, FlatButton::Weight::quiet)
{
    tryAgain.onClick = [this] { retry(); };
    openLogs.setTooltip ("Where the backend and the plugin write down what happens");
    openLogs.onClick = [this] { session.logFolder().revealToUser(); };
    address.setTooltip ("Use a backend that was started elsewhere on this computer");
    address.onClick = [this]
    {
        if (onAddress != nullptr)
            onAddress();
    };
    close.showIconOnly ("Close this message");
    close.onClick = [this] { closeNotice(); };
    for (auto* label : { &sentence, &nextStep })
        addAndMakeVisible (label);
    for (auto* button : { &tryAgain, &openLogs, &address, &close })
        addAndMakeVisible (button);
}

void NoticeBar::show (const SessionViewPtr& newView)
{
    view = newView;
    const bool linkFailed = view->link.state == LinkState::failed;
    const bool wasProblem = std::exchange (isProblem, view->problem.exists() || linkFailed);
    const auto told = sentence.getText() + nextStep.getText();
    if (view->problem.exists())
        say (view->problem.sentence, view->problem.nextStep);
    else if (linkFailed)
        say (view->link.problem, view->link.nextStep);
    else
        say (remark() == closedRemark ? juce::String() : remark(), {});
    tryAgain.setVisible (isProblem && canTryAgain (*view));
    address.setVisible (isProblem && linkFailed);
    openLogs.setVisible (isProblem && canTryAgain (*view));
    close.setVisible (view->problem.exists() || ! isProblem);
    resized();
    if (wasProblem != isProblem || told != sentence.getText() + nextStep.getText())
    {
        repaint();
        if (onChange != nullptr)
            onChange();
    }
}

juce::String NoticeBar::remark() const
{
    return view->outdated ? "These candidates are from an earlier session. Match finds them again."
                          : view->remark;
}

void NoticeBar::say (const juce::String& text, const juce::String& next)
{
    sentence.show (text);
    nextStep.show (next);
}

void NoticeBar::retry()
{
    if (view->link.state == LinkState::failed)
        session.retryLink();
    else if (view->match == MatchState::failed)
        session.match();
    else if (view->selected >= 0)
        session.select (view->selected);
}

void NoticeBar::closeNotice()
{
    if (view->problem.exists())
        return session.dismissProblem();
    closedRemark = remark();
    show (view);
}

int NoticeBar::textWidth (int width) const
{
    return width - margin - padding - (close.isVisible() ? closeSize + gap : 0);
}

int NoticeBar::heightFor (int width) const
{
    int height = 2 * padding + sentence.heightFor (textWidth (width));
    if (nextStep.getText().isNotEmpty())
        height += 2 + nextStep.heightFor (textWidth (width));
    return openLogs.isVisible() ? height + 6 + buttonHeight : height;
}

void NoticeBar::paint (juce::Graphics& g)
{
    const auto area = getLocalBounds().toFloat();
    g.setColour (palette::surface);
    g.fillRoundedRectangle (area, 6.0f);
    g.setColour (isProblem ? palette::alert : palette::outline);
    g.fillRoundedRectangle (area.withWidth (4.0f), 2.0f);
}

void NoticeBar::resized()
{
    auto area = getLocalBounds().withTrimmedLeft (margin).withTrimmedRight (padding).reduced (0, padding);
    if (close.isVisible())
    {
        close.setBounds (area.removeFromRight (closeSize).withHeight (closeSize).translated (0, -3));
        area.removeFromRight (gap);
    }
    sentence.setBounds (area.removeFromTop (sentence.heightFor (area.getWidth())));
    if (nextStep.getText().isNotEmpty())
    {
        area.removeFromTop (2);
        nextStep.setBounds (area.removeFromTop (nextStep.heightFor (area.getWidth())));
    }
    area.removeFromTop (6);
    auto buttons = area.removeFromTop (buttonHeight);
    for (auto* button : { &tryAgain, &openLogs, &address })
        if (button->isVisible())
        {
            button->setBounds (buttons.removeFromLeft (button->idealWidth()));
            buttons.removeFromLeft (gap);
        }
}

} // namespace synthmatch
