#pragma once

#include "SavedState.h"
#include "SessionAudition.h"
#include "SessionCapture.h"
#include "SessionInstances.h"
#include "SessionKeeper.h"
#include "SessionLink.h"
#include "SessionMatch.h"
#include "SessionQueue.h"
#include "SessionWriter.h"

namespace synthmatch
{

/** What one plugin instance knows and does, from the captured sound to the preset in Surge XT.

        commands, link, engine --> queue --> session thread --> immutable view --> editor, project

    All decisions are made on the session's own thread, which begins with the first need for it: a command, a
    saved state, or `follow`. Nothing else is started before the first Match or look for Surge XT.
*/
class Session final : public SessionCommands
{
public:
    /** What the session needs from outside. */
    struct Outside
    {
        MakeLink makeLink;
        juce::File logFolder;
        SessionTimes times {};
        /** Called on the session's thread with every look at the engine, if there is one. */
        std::function<void()> look {};
    };

    Session (AudioEngine&, Outside);
    ~Session() override;

    /** The host processes audio: look at the engine from now on. */
    void follow();

    //================================================================== the project; any thread but the audio thread
    /** What is to be saved. Quick, but for a sound that was captured a moment ago. */
    juce::MemoryBlock save() const;

    /** Take up a saved state; what cannot be read changes nothing but the problem that is shown.

        @returns  what was read, so that parameters can follow it
    */
    std::optional<SavedState> restore (const void* data, size_t size);

    //================================================================== SessionCommands
    SessionViewPtr view() const override;
    void readPeaks (std::vector<float>& peaks, double seconds) const override;
    void setLookBack (double seconds) override;
    void startRecording() override;
    void stopRecording() override;
    void armTransport() override;
    void armSound() override;
    void disarm() override;
    void loadFile (const juce::File&) override;
    void setTrim (double startS, double endS) override;
    void clearRegion() override;
    void match() override;
    void moreLike (int index) override;
    void setMoreAmount (float amount) override;
    void cancel() override;
    void select (int index) override;
    void selectNext() override;
    void selectPrevious() override;
    void undo() override;
    void keep (int index, const juce::File& destination) override;
    void setAudition (Audition) override;
    void refreshInstances() override;
    void chooseInstance (int port) override;
    void setLock (Section, bool locked) override;
    void setBudget (float seconds) override;
    void setAddress (const juce::String&) override;
    void retryLink() override;
    void dismissProblem() override;
    juce::File logFolder() const override { return outside.logFolder; }

private:
    void post (std::function<void()>, int key = 0);
    void linkChanged (bool isAnew);
    void take (const SavedState&);
    int turn();
    void publish();
    void rememberSound();
    void fault();

    const Outside outside;
    AudioEngine& engine;

    // Of the session's thread.
    SessionShared shared;
    SessionLink link;
    SessionCapture capture;
    SessionInstances instances;
    SessionWriter writer;
    SessionKeeper keeper;
    SessionMatch matching;
    SessionAudition audition;
    bool follows = false;

    // Of all threads.
    mutable std::mutex mutex;
    SessionViewPtr shown;
    std::shared_ptr<const SavedState> toTake; // restored, and not yet taken up by the session's thread
    juce::MemoryBlock newer;                  // a chunk of a later version, given back until there is something else
    mutable std::shared_ptr<const SavedSound> sound;

    SessionQueue queue; // the last: its thread uses all of the above

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (Session)
};

} // namespace synthmatch
