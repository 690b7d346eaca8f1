#include "LockBar.h"

namespace synthmatch
{

namespace
{
constexpr int gap = 4;
const char* const sections[] = { "oscillators", "filters", "envelopes", "LFOs", "effects" };
} // namespace

LockBar::LockBar (const LookAndFeel& look, SessionCommands& session)
    : label (look, LookAndFeel::smallHeight, palette::muted),
      help (look, LookAndFeel::smallHeight, palette::muted, false, juce::Justification::centredRight),
      locks { { { look, "Osc" },
                { look, "Filter" },
                { look, "Envelopes" },
                { look, "LFOs" },
                { look, "Effects" } } }
{
    label.show ("Lock");
    help.show ("locked parts stay as they are");
    addAndMakeVisible (label);
    for (int i = 0; i < sectionCount; ++i)
    {
        auto& lock = locks[(size_t) i];
        lock.setTextHeight (LookAndFeel::smallHeight);
        lock.setTitle ("Lock " + juce::String (sections[i]));
        lock.setTooltip ("Leave the " + juce::String (sections[i]) + " as they are in your patch");
        lock.setToggleable (true);
        lock.onClick = [&session, &lock, i]
        { session.setLock (static_cast<Section> (i), ! lock.getToggleState()); };
        addAndMakeVisible (lock);
    }
    addAndMakeVisible (help);
}

void LockBar::show (const SessionView& view)
{
    for (size_t i = 0; i < locks.size(); ++i)
        locks[i].setToggleState (view.locks[i], juce::dontSendNotification);
}

void LockBar::resized()
{
    auto area = getLocalBounds();
    label.setBounds (area.removeFromLeft (LookAndFeel::textWidth (label.getFont(), label.getText()) + 10));
    for (auto& lock : locks)
    {
        lock.setBounds (area.removeFromLeft (lock.idealWidth()));
        area.removeFromLeft (gap);
    }
    help.setBounds (area.withTrimmedLeft (gap));
}

} // namespace synthmatch
