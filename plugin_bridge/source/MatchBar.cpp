#include "MatchBar.h"

#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr float budgetsS[] = { 3.0f, 10.0f, 60.0f };
const char* const budgetHelp[] = { "Good candidates in about 3 seconds", "Better ones in about 10 seconds",
                                   "The best, in about a minute" };

/** Which of the three a budget is nearest to. */
size_t nearestBudget (float seconds) { return seconds < 6.0f ? 0 : seconds < 30.0f ? 1 : 2; }
} // namespace

ProgressView::ProgressView (const LookAndFeel& look)
    : stage (look, LookAndFeel::bodyHeight, palette::text, true),
      left (look, LookAndFeel::smallHeight, palette::text, false, juce::Justification::centredRight)
{
    setTitle ("Progress");
    addAndMakeVisible (stage);
    addAndMakeVisible (left);
}

void ProgressView::show (const SessionView& view)
{
    const auto remaining = words::remaining (view.remainingS);
    const bool isStarting = view.match == MatchState::connecting;
    stage.show (words::progress (view));
    left.show (isStarting && view.link.elapsedS >= 1.0f ? words::seconds (std::floor (view.link.elapsedS))
                                                        : remaining);
    setDescription (left.getText().isEmpty() ? stage.getText() : stage.getText() + ", " + left.getText());

    const float newFraction = words::progressFraction (view);
    if (std::abs (newFraction - fraction) > 0.001f)
    {
        fraction = newFraction;
        repaint();
    }
}

void ProgressView::paint (juce::Graphics& g)
{
    auto area = getLocalBounds().toFloat();
    g.setColour (palette::surface);
    g.fillRoundedRectangle (area, 6.0f);
    if (fraction > 0.0f)
    {
        juce::Path whole;
        whole.addRoundedRectangle (area, 6.0f);
        const juce::Graphics::ScopedSaveState state (g);
        g.reduceClipRegion (whole);
        g.setColour (palette::tint);
        auto done = area.removeFromLeft (area.getWidth() * std::min (fraction, 1.0f));
        g.fillRect (done);
        g.setColour (palette::accent);
        g.fillRect (done.removeFromBottom (3.0f));
    }
}

void ProgressView::resized()
{
    auto area = getLocalBounds().reduced (12, 4);
    left.setBounds (area.removeFromRight (100));
    stage.setBounds (area.withTrimmedRight (8));
}

std::unique_ptr<juce::AccessibilityHandler> ProgressView::createAccessibilityHandler()
{
    return std::make_unique<juce::AccessibilityHandler> (*this, juce::AccessibilityRole::progressBar);
}

MatchBar::MatchBar (const LookAndFeel& look, SessionCommands& session)
    : match (look, "Match", Icon::none, FlatButton::Weight::primary),
      budgets { { { look, "Quick" }, { look, "Normal" }, { look, "Deep" } } }, progress (look),
      cancel (look, "Cancel")
{
    match.setTextHeight (LookAndFeel::bigHeight);
    match.setTooltip ("Find Surge XT presets that sound like this (M)");
    match.onClick = [&session] { session.match(); };
    cancel.onClick = [&session] { session.cancel(); };
    addAndMakeVisible (match);
    for (size_t i = 0; i < budgets.size(); ++i)
    {
        auto& budget = budgets[i];
        const auto length = words::seconds (budgetsS[i]);
        budget.setSecondLine (length);
        budget.setTitle (budget.getButtonText() + ", " + length);
        budget.setTooltip (budgetHelp[i]);
        budget.setToggleable (true);
        budget.setConnectedEdges ((i > 0 ? juce::Button::ConnectedOnLeft : 0)
                                  | (i + 1 < budgets.size() ? juce::Button::ConnectedOnRight : 0));
        budget.onClick = [&session, i] { session.setBudget (budgetsS[i]); };
        addAndMakeVisible (budget);
    }
    addChildComponent (progress);
    addChildComponent (cancel);
}

void MatchBar::show (const SessionView& view)
{
    const bool isBusy = words::isBusy (view.match);
    const bool hasCandidates = view.match == MatchState::improving;
    match.show (words::matchButton (view), Icon::none);
    cancel.show (hasCandidates ? "Stop" : "Cancel", Icon::none);
    cancel.setTooltip (hasCandidates ? "Keep the candidates as they are (Esc)" : "Give up this match (Esc)");
    if (isBusy)
        progress.show (view);
    for (size_t i = 0; i < budgets.size(); ++i)
    {
        budgets[i].setToggleState (i == nearestBudget (view.budgetS), juce::dontSendNotification);
        budgets[i].setVisible (! isBusy);
    }
    match.setVisible (! isBusy);
    progress.setVisible (isBusy);
    cancel.setVisible (isBusy);
}

void MatchBar::resized()
{
    auto area = getLocalBounds();
    auto busy = area;
    cancel.setBounds (busy.removeFromRight (80));
    progress.setBounds (busy.withTrimmedRight (8));
    for (auto budget = budgets.rbegin(); budget != budgets.rend(); ++budget)
        budget->setBounds (area.removeFromRight (64));
    match.setBounds (area.withTrimmedRight (8));
}

} // namespace synthmatch
