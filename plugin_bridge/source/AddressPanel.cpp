#include "AddressPanel.h"

#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr int margin = 12, closeSize = 24, rowHeight = 26;
} // namespace

AddressPanel::AddressPanel (const LookAndFeel& look, SessionCommands& sessionToDrive)
    : session (sessionToDrive), title (look, LookAndFeel::bodyHeight, palette::text, true),
      help (look, LookAndFeel::smallHeight, palette::muted, false, juce::Justification::topLeft),
      connect (look, "Connect"), useOwn (look, "Use my own"),
      close (look, "Close", Icon::close, FlatButton::Weight::quiet)
{
    title.show ("Address of the backend");
    help.show (
        "Only for a backend that you started yourself, for another user or in a container: its port and its "
        "token, which are in its file backend.json.");
    field.setTitle ("Port and token");
    field.setFont (look.font (LookAndFeel::bodyHeight));
    field.setTextToShowWhenEmpty ("port token", palette::muted);
    field.setIndents (8, 5);
    field.onTextChange = [this] { connect.setEnabled (words::isAddress (field.getText())); };
    field.onReturnKey = [this]
    {
        if (words::isAddress (field.getText()))
            use (field.getText().trim());
    };
    field.onEscapeKey = [this] { closePanel(); };
    connect.onClick = field.onReturnKey;
    useOwn.setTooltip ("Back to the backend that the plugin starts by itself");
    useOwn.onClick = [this] { use ({}); };
    close.showIconOnly ("Close");
    close.onClick = [this] { closePanel(); };
    addAndMakeVisible (title);
    addAndMakeVisible (help);
    addAndMakeVisible (field);
    for (auto* button : { &connect, &useOwn, &close })
        addAndMakeVisible (button);
}

void AddressPanel::open()
{
    const auto address = session.view()->address;
    field.setText (address, false);
    connect.setEnabled (words::isAddress (address));
    useOwn.setEnabled (address.isNotEmpty());
    if (isShowing())
        field.grabKeyboardFocus();
}

void AddressPanel::use (const juce::String& address)
{
    session.setAddress (address);
    closePanel();
}

void AddressPanel::closePanel()
{
    if (onClose != nullptr)
        onClose();
}

void AddressPanel::paint (juce::Graphics& g)
{
    g.setColour (palette::surface);
    g.fillRoundedRectangle (getLocalBounds().toFloat(), 6.0f);
}

void AddressPanel::resized()
{
    auto area = getLocalBounds().reduced (margin, 10);
    auto heading = area.removeFromTop (20);
    close.setBounds (heading.removeFromRight (closeSize).withSizeKeepingCentre (closeSize, closeSize));
    title.setBounds (heading);
    area.removeFromTop (4);
    help.setBounds (area.removeFromTop (help.heightFor (area.getWidth())));
    area.removeFromTop (8);
    auto row = area.removeFromTop (rowHeight);
    useOwn.setBounds (row.removeFromRight (useOwn.idealWidth()));
    row.removeFromRight (4);
    connect.setBounds (row.removeFromRight (connect.idealWidth()));
    row.removeFromRight (8);
    field.setBounds (row);
}

} // namespace synthmatch
