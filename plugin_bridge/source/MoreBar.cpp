#include "MoreBar.h"

#include "CandidateWords.h"

namespace synthmatch
{

namespace
{
constexpr int gap = 8, sliderWidth = 200, percentWidth = 40;
constexpr double stepPercent = 5.0;
constexpr float thumbRadius = 6.0f;
} // namespace

AmountSlider::AmountSlider() : juce::Slider (LinearHorizontal, NoTextBox)
{
    setRange (0.0, 100.0, 1.0);
    setScrollWheelEnabled (false); // the list above scrolls
    setWantsKeyboardFocus (true);
    setMouseClickGrabsKeyboardFocus (false);
    setTitle ("How much may change");
    setTooltip ("How much may change: only details to the left, everything to the right");
    setTextValueSuffix ("%");
}

bool AmountSlider::keyPressed (const juce::KeyPress& key)
{
    const auto isLeft = key == juce::KeyPress (juce::KeyPress::leftKey);
    if (! isLeft && key != juce::KeyPress (juce::KeyPress::rightKey))
        return false;
    setValue (getValue() + (isLeft ? -stepPercent : stepPercent), juce::sendNotificationSync);
    return true;
}

void AmountSlider::paint (juce::Graphics& g)
{
    const auto area = getLocalBounds().toFloat().reduced (thumbRadius + 2.0f, 0.0f);
    const auto colour = isEnabled() ? palette::accent : palette::outline;
    const float x = area.getX() + area.getWidth() * (float) getValue() / 100.0f;
    auto track = area.withSizeKeepingCentre (area.getWidth(), 4.0f);
    g.setColour (palette::control.brighter (0.1f));
    g.fillRoundedRectangle (track, 2.0f);
    g.setColour (colour);
    g.fillRoundedRectangle (track.withRight (x), 2.0f);
    g.fillEllipse (juce::Rectangle<float> (2.0f * thumbRadius, 2.0f * thumbRadius)
                       .withCentre ({ x, area.getCentreY() }));
    if (hasKeyboardFocus (false))
        LookAndFeel::drawFocusRing (g, getLocalBounds().toFloat());
}

MoreBar::MoreBar (const LookAndFeel& look, SessionCommands& session)
    : more (look, "More like this"), label (look, LookAndFeel::smallHeight, palette::muted),
      percent (look, LookAndFeel::smallHeight, palette::text, false, juce::Justification::centredRight)
{
    more.setTextHeight (LookAndFeel::smallHeight);
    more.setTooltip ("Find variations of the selected candidate (L)");
    more.onClick = [this, &session]
    {
        if (view != nullptr)
            session.moreLike (view->selected);
    };
    label.show ("changing");
    amount.onValueChange = [this, &session]
    { session.setMoreAmount ((float) (amount.getValue() / 100.0)); };
    for (auto* child : std::initializer_list<juce::Component*> { &more, &label, &amount, &percent })
        addAndMakeVisible (child);
}

void MoreBar::show (const SessionViewPtr& newView)
{
    view = newView;
    const bool canAsk = words::canAskForMore (*view);
    more.setEnabled (canAsk);
    amount.setEnabled (canAsk);
    for (auto* text : { &label, &percent })
        text->setAlpha (canAsk ? 1.0f : 0.4f);
    if (! amount.isMouseButtonDown())
        amount.setValue (std::round (100.0 * (double) view->moreAmount), juce::dontSendNotification);
    percent.show (juce::String (juce::roundToInt (100.0f * view->moreAmount)) + "%");
}

void MoreBar::resized()
{
    auto area = getLocalBounds();
    more.setBounds (area.removeFromLeft (more.idealWidth()));
    area.removeFromLeft (gap);
    label.setBounds (area.removeFromLeft (LookAndFeel::textWidth (label.getFont(), label.getText()) + 2));
    area.removeFromLeft (gap);
    amount.setBounds (area.removeFromLeft (sliderWidth));
    percent.setBounds (area.removeFromLeft (percentWidth));
}

} // namespace synthmatch
