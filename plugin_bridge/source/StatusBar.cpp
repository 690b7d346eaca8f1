#include "StatusBar.h"

#include "CandidateWords.h"
#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr int margin = 12, buttonHeight = 24, gap = 2, longestName = 150;
} // namespace

StatusBar::StatusBar (const LookAndFeel& lookToUse, SessionCommands& sessionToDrive)
    : look (lookToUse), session (sessionToDrive), surge (look, LookAndFeel::smallHeight, palette::muted),
      instance (look, "Find", Icon::none, FlatButton::Weight::quiet),
      refresh (look, "Refresh", Icon::refresh, FlatButton::Weight::quiet),
      help (look, "Help", Icon::help, FlatButton::Weight::quiet),
      status (look, LookAndFeel::smallHeight, palette::muted, false, juce::Justification::centredRight),
      more (look, "More", Icon::more, FlatButton::Weight::quiet)
{
    surge.show ("Surge XT:");
    status.setInterceptsMouseClicks (true, false); // for its tooltip
    instance.setMenuArrow (true);
    instance.setTextHeight (LookAndFeel::smallHeight);
    instance.onClick = [this] { openInstanceMenu(); };
    refresh.showIconOnly ("Look for Surge XT again");
    refresh.onClick = [this] { lookForInstances(); };
    help.showIconOnly ("How to connect Surge XT");
    help.onClick = [this]
    {
        if (onHelp != nullptr)
            onHelp();
    };
    more.showIconOnly ("More");
    more.onClick = [this] { openMoreMenu(); };
    addAndMakeVisible (surge);
    addAndMakeVisible (status);
    for (auto* button : { &instance, &refresh, &help, &more })
        addAndMakeVisible (button);
}

juce::String StatusBar::instanceText() const
{
    if (! view->instancesKnown)
        return isLooking ? "looking..." : "find it";
    for (const auto& one : view->instances)
        if (one.port == view->chosenPort)
            return words::instanceName (one);
    if (view->chosenPort > 0)
        return words::portName (view->chosenPort) + " is silent";
    return view->instances.empty() ? "none found" : "choose one";
}

void StatusBar::show (SessionViewPtr newView)
{
    const auto old = std::exchange (view, std::move (newView));
    if (view->instancesKnown || view->link.state == LinkState::failed)
        isLooking = false;
    if (old != nullptr && old->kept != view->kept)
        keptIsNewest = view->kept.isNotEmpty();
    else if (old != nullptr && (old->write != view->write || old->selected != view->selected))
        keptIsNewest = false;

    const auto text = instanceText();
    const bool isWanting = view->instancesKnown && ! words::chosenAnswers (*view);
    surge.setColour (juce::Label::textColourId, isWanting ? palette::alert : palette::muted);
    instance.show (LookAndFeel::shortened (look.font (LookAndFeel::smallHeight), text, longestName),
                   Icon::none);
    instance.setTitle ("Surge XT: " + text);
    instance.setTooltip (view->chosenPort > 0 && view->instancesKnown
                             ? text + ", " + words::portName (view->chosenPort)
                             : juce::String ("Which Surge XT to write into"));
    news = keptIsNewest ? "Kept: " + juce::File::createFileWithoutCheckingPath (view->kept).getFileName()
                        : words::writeStatus (*view);
    status.setTooltip (keptIsNewest ? view->kept : view->writeRemark);
    resized();
}

void StatusBar::lookForInstances()
{
    session.refreshInstances();
    isLooking = true;
    if (view != nullptr)
        show (view);
}

void StatusBar::openInstanceMenu()
{
    if (view == nullptr)
        return;
    if (! view->instancesKnown)
        return lookForInstances();
    const juce::Component::SafePointer<StatusBar> safe (this);
    juce::PopupMenu menu;
    for (const auto& one : view->instances)
        menu.addItem (words::instanceMenuEntry (one), true, one.port == view->chosenPort,
                      [safe, port = one.port]
                      {
                          if (safe != nullptr)
                              safe->session.chooseInstance (port);
                      });
    if (view->instances.empty())
        menu.addItem ("No Surge XT found", false, false, nullptr);
    menu.addSeparator();
    menu.addItem ("Look again",
                  [safe]
                  {
                      if (safe != nullptr)
                          safe->lookForInstances();
                  });
    menu.addItem ("How to connect Surge XT",
                  [safe]
                  {
                      if (safe != nullptr && safe->onHelp != nullptr)
                          safe->onHelp();
                  });
    openMenu (menu, instance);
}

void StatusBar::openMoreMenu()
{
    const juce::Component::SafePointer<StatusBar> safe (this);
    juce::PopupMenu menu;
    menu.addItem ("Address of the backend...",
                  [safe]
                  {
                      if (safe != nullptr && safe->onAddress != nullptr)
                          safe->onAddress();
                  });
    menu.addItem ("Open log folder",
                  [safe]
                  {
                      if (safe != nullptr)
                          safe->session.logFolder().revealToUser();
                  });
    menu.addSeparator();
    menu.addItem ("Synthmatch " SYNTHMATCH_VERSION, false, false, nullptr);
    openMenu (menu, more);
}

void StatusBar::paint (juce::Graphics& g)
{
    g.fillAll (palette::surface);
    g.setColour (palette::control);
    g.fillRect (0, 0, getWidth(), 1);
}

void StatusBar::resized()
{
    auto area = getLocalBounds().withTrimmedLeft (margin).withTrimmedRight (18);
    area = area.withSizeKeepingCentre (area.getWidth(), buttonHeight);
    surge.setBounds (area.removeFromLeft (LookAndFeel::textWidth (surge.getFont(), surge.getText())));
    instance.setBounds (area.removeFromLeft (instance.idealWidth()));
    for (auto* button : { &refresh, &help })
    {
        button->setBounds (area.removeFromLeft (buttonHeight));
        area.removeFromLeft (gap);
    }
    more.setBounds (area.removeFromRight (buttonHeight));
    status.setBounds (area.withTrimmedLeft (8).withTrimmedRight (6));
    status.show (LookAndFeel::shortened (status.getFont(), news, status.getWidth()));
}

} // namespace synthmatch
