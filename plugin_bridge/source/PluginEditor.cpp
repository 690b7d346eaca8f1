#include "PluginEditor.h"

#include "CandidateWords.h"
#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr float leastScale = 0.85f, mostScale = 2.0f;
constexpr int leastWidth = (int) (leastScale * MainView::minWidth), mostWidth = 3 * MainView::minWidth;
constexpr int leastHeight = (int) (leastScale * MainView::minHeight), mostHeight = 3 * MainView::minHeight;

/** Where Surge XT looks for the user's own patches, or the user's documents. */
juce::File patchFolder()
{
    const auto documents = juce::File::getSpecialLocation (juce::File::userDocumentsDirectory);
    const auto patches = documents.getChildFile ("Surge XT").getChildFile ("Patches");
    return patches.isDirectory() ? patches : documents;
}
} // namespace

PluginEditor::PluginEditor (juce::AudioProcessor& processor, SessionCommands& sessionToDrive,
                            WindowSize* rememberedSize)
    : AudioProcessorEditor (processor), session (sessionToDrive), main (look, session)
{
    setLookAndFeel (&look);
    main.onChooseFile = [this] { chooseFile(); };
    main.onKeep = [this] { keep(); };
    addAndMakeVisible (main);
    setTitle ("Synthmatch");
    setWantsKeyboardFocus (true);
    setFocusContainerType (FocusContainerType::keyboardFocusContainer);
    setResizable (true, true);
    setResizeLimits (leastWidth, leastHeight, mostWidth, mostHeight);
    const auto size = rememberedSize != nullptr ? *rememberedSize : WindowSize {};
    setSize (juce::jlimit (leastWidth, mostWidth, size.width),
             juce::jlimit (leastHeight, mostHeight, size.height));
    remembered = rememberedSize;
    refresh();
    startTimerHz (framesPerSecond);
}

PluginEditor::~PluginEditor()
{
    stopTimer();
    setLookAndFeel (nullptr);
}

void PluginEditor::refresh()
{
    const auto view = session.view();
    if (view != nullptr && (shown == nullptr || shown->version != view->version))
    {
        shown = view;
        if (view->audition != Audition::none)
            lastHeard = view->audition;
        main.show (view);
    }
    main.moveOn();
}

void PluginEditor::resized()
{
    if (remembered != nullptr)
        *remembered = { getWidth(), getHeight() };
    const float scale = juce::jlimit (
        leastScale, mostScale,
        std::min ((float) getWidth() / MainView::minWidth, (float) getHeight() / MainView::minHeight));
    main.setTransform (juce::AffineTransform::scale (scale));
    main.setBounds (0, 0, (int) std::ceil ((float) getWidth() / scale),
                    (int) std::ceil ((float) getHeight() / scale));
}

bool PluginEditor::keyPressed (const juce::KeyPress& key)
{
    const auto* focused = juce::Component::getCurrentlyFocusedComponent();
    if (focused == this && key == juce::KeyPress (juce::KeyPress::tabKey))
    {
        if (auto* first = createKeyboardFocusTraverser()->getDefaultComponent (this))
            first->grabKeyboardFocus();
        return true;
    }
    return focused != nullptr && main.isParentOf (focused) && performKey (key);
}

bool PluginEditor::performKey (const juce::KeyPress& key)
{
    if (shown == nullptr || key.getModifiers().isAnyModifierKeyDown())
        return false;
    const auto letter = juce::CharacterFunctions::toLowerCase ((juce::juce_wchar) key.getKeyCode());
    const bool hasCandidates = ! shown->candidates.empty();
    if (key == juce::KeyPress::escapeKey)
        return escape();
    if (key == juce::KeyPress::upKey && hasCandidates)
        session.selectPrevious();
    else if (key == juce::KeyPress::downKey && hasCandidates)
        session.selectNext();
    else if (key == juce::KeyPress::spaceKey)
        return playOther();
    else if (letter == 'm' && ! words::isBusy (shown->match))
        session.match();
    else if (letter == 'l' && words::canAskForMore (*shown))
        session.moreLike (shown->selected);
    else if (letter == 'u' && shown->canUndo)
        session.undo();
    else if (letter == 'k' && words::selectedCandidate (*shown) != nullptr)
        keep();
    else
        return false;
    return true;
}

bool PluginEditor::playOther()
{
    const auto other = words::otherAudition (*shown, lastHeard);
    if (other == Audition::none)
        return false;
    lastHeard = other;
    session.setAudition (other);
    return true;
}

bool PluginEditor::escape()
{
    if (main.closePanel())
        return true;
    if (words::isBusy (shown->match))
        session.cancel();
    else if (shown->audition != Audition::none)
        session.setAudition (Audition::none);
    else
        return false;
    return true;
}

void PluginEditor::chooseFile()
{
    const auto folder = shown != nullptr && shown->region != nullptr && shown->region->file != juce::File()
                            ? shown->region->file.getParentDirectory()
                            : juce::File::getSpecialLocation (juce::File::userMusicDirectory);
    chooser = std::make_unique<juce::FileChooser> ("Choose a sound to match", folder,
                                                   "*.wav;*.flac;*.aif;*.aiff;*.ogg;*.mp3");
    chooser->launchAsync (
        juce::FileBrowserComponent::openMode | juce::FileBrowserComponent::canSelectFiles,
        [safe = juce::Component::SafePointer<PluginEditor> (this)] (const juce::FileChooser& closed)
        {
            if (safe != nullptr && closed.getResult() != juce::File())
                safe->session.loadFile (closed.getResult());
        });
}

void PluginEditor::keep()
{
    const auto* candidate = words::selectedCandidate (*shown);
    if (candidate == nullptr)
        return;
    const auto name = juce::File::createFileWithoutCheckingPath (candidate->presetPath).getFileName();
    chooser = std::make_unique<juce::FileChooser> (
        "Keep this candidate as a Surge XT patch",
        patchFolder().getChildFile (name.isEmpty() ? "Match.fxp" : name), "*.fxp");
    chooser->launchAsync (juce::FileBrowserComponent::saveMode
                              | juce::FileBrowserComponent::warnAboutOverwriting,
                          [safe = juce::Component::SafePointer<PluginEditor> (this), job = shown->job,
                           number = candidate->candidate] (const juce::FileChooser& closed)
                          {
                              if (safe != nullptr && closed.getResult() != juce::File())
                                  safe->keepAs (job, number, closed.getResult().withFileExtension ("fxp"));
                          });
}

void PluginEditor::keepAs (int job, int number, const juce::File& file)
{
    const auto view = session.view();
    for (size_t i = 0; i < view->candidates.size(); ++i)
        if (view->job == job && view->candidates[i].candidate == number)
            return session.keep ((int) i, file);
}

bool PluginEditor::isInterestedInFileDrag (const juce::StringArray& files)
{
    return std::any_of (files.begin(), files.end(), words::isSoundFile);
}

void PluginEditor::filesDropped (const juce::StringArray& files, int, int)
{
    main.setDropOffered (false);
    const auto found = std::find_if (files.begin(), files.end(), words::isSoundFile);
    if (found != files.end())
        session.loadFile (juce::File (*found));
}

} // namespace synthmatch
