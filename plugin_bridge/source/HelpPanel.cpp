#include "HelpPanel.h"

namespace synthmatch
{

namespace
{
constexpr int margin = 12;
constexpr int headingHeight = 24;
} // namespace

HelpPanel::HelpPanel (const LookAndFeel& look, SessionCommands& session)
    : title (look, LookAndFeel::bodyHeight, palette::text, true),
      open (look, 1, "In Surge XT open Menu > OSC Settings > Show OSC Settings..."),
      tick (look, 2, "Tick OSC In and OSC Out, then click OK."),
      lookAgain (look, "Look again", Icon::refresh),
      close (look, "Close", Icon::close, FlatButton::Weight::quiet), picture (look)
{
    lookAgain.onClick = [&session] { session.refreshInstances(); };
    close.showIconOnly ("Close this help");
    close.onClick = [this]
    {
        if (onClose != nullptr)
            onClose();
    };
    for (juce::Component* child :
         std::initializer_list<juce::Component*> { &title, &open, &tick, &picture, &lookAgain, &close })
        addAndMakeVisible (child);
}

void HelpPanel::show (const SessionView& view)
{
    const auto& all = view.instances;
    const bool someAreSilent = std::any_of (all.begin(), all.end(),
                                            [] (const auto& one) { return ! one.answers; });
    if (view.instancesKnown && all.empty())
        title.show ("No Surge XT is listening yet");
    else
        title.show (someAreSilent ? "A Surge XT listens, but its OSC Out is off" : "How to connect Surge XT");
}

void HelpPanel::paint (juce::Graphics& g)
{
    g.setColour (palette::surface);
    g.fillRoundedRectangle (getLocalBounds().toFloat(), 6.0f);
}

void HelpPanel::resized()
{
    auto area = getLocalBounds().reduced (margin, 10);
    auto heading = area.removeFromTop (headingHeight);
    close.setBounds (heading.removeFromRight (headingHeight));
    heading.removeFromRight (4);
    lookAgain.setBounds (heading.removeFromRight (lookAgain.idealWidth()));
    title.setBounds (heading);
    area.removeFromTop (6);

    const auto right = area.removeFromRight (OscPicture::width + 4).withTrimmedRight (4);
    picture.setBounds (right.withHeight (std::min (OscPicture::height, right.getHeight())));
    area.removeFromRight (16);
    area.removeFromTop (4);
    open.setBounds (area.removeFromTop (open.heightFor (area.getWidth())));
    area.removeFromTop (8);
    tick.setBounds (area.removeFromTop (tick.heightFor (area.getWidth())));
}

} // namespace synthmatch
