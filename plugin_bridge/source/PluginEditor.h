#pragma once

#include "MainView.h"
#include "WindowSize.h"

#include <juce_audio_processors/juce_audio_processors.h>

namespace synthmatch
{

/** The plugin's window: its size and scale, its keys, files, and the pace at which it looks at the session.

    The host may destroy it at any time. It asks nothing of the session but what the musician does.
    Its keys work while one of its controls has the keyboard, which Tab or a click into the list of
    candidates gives it; all others are left to the host.
*/
class PluginEditor final : public juce::AudioProcessorEditor,
                           public juce::FileDragAndDropTarget,
                           private juce::Timer
{
public:
    /** @param remembered  its size is taken from there and put there; it must outlive the editor */
    PluginEditor (juce::AudioProcessor&, SessionCommands&, WindowSize* remembered = nullptr);
    ~PluginEditor() override;

    /** Shows the session as it is now; the window's timer calls it. */
    void refresh();

    /** Does what a key is for; false if it is for nothing here. */
    bool performKey (const juce::KeyPress&);

    MainView& content() { return main; }

    bool keyPressed (const juce::KeyPress&) override;
    void resized() override;
    void paint (juce::Graphics& g) override { g.fillAll (palette::background); }

    bool isInterestedInFileDrag (const juce::StringArray& files) override;
    void fileDragEnter (const juce::StringArray&, int, int) override { main.setDropOffered (true); }
    void fileDragExit (const juce::StringArray&) override { main.setDropOffered (false); }
    void filesDropped (const juce::StringArray& files, int x, int y) override;

private:
    static constexpr int framesPerSecond = 30;

    SessionCommands& session;
    LookAndFeel look;
    MainView main;
    WindowSize* remembered = nullptr;
    SessionViewPtr shown;
    Audition lastHeard = Audition::none;
    std::unique_ptr<juce::FileChooser> chooser;

    void timerCallback() override { refresh(); }
    bool playOther();
    bool escape();
    void chooseFile();
    void keep();
    void keepAs (int job, int number, const juce::File&);

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (PluginEditor)
};

} // namespace synthmatch
