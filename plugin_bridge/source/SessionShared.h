#pragma once

#include "AudioEngine.h"
#include "SessionView.h"

namespace synthmatch
{

/** How long the session waits, and how often it looks; tests shorten them. */
struct SessionTimes
{
    double connectS = 120.0; // without any news of a backend that is looked for or starts
    double answerS = 60.0;   // for any one answer, beyond what the link itself allows
    double stallS = 60.0;    // without any news of a match that runs
    double queueS = 120.0;   // the same, more for each match that is before it
    int activeMs = 10;       // between two looks while anything goes on
    int idleMs = 25;         // and otherwise, while the host processes audio
    int restMs = 1000;       // and otherwise
};

/** What a problem is about: only what went well with the same takes it away. */
enum class About { sound, match, surge, preset, state };

/** What the parts of a session share. Only the session's thread touches it. */
struct SessionShared
{
    SessionShared (AudioEngine& engineToUse, const SessionTimes& timesToUse)
        : engine (engineToUse), times (timesToUse)
    {
    }

    AudioEngine& engine;
    const SessionTimes times;

    /** What is shown next; `touched` says that it differs from what is shown. */
    SessionView view;
    bool touched = false;

    void show (About what, const Problem& problem)
    {
        view.problem = problem;
        about = what;
        touched = true;
    }

    /** Take away the problem that is shown, if it is about this. */
    void clear (About what)
    {
        if (about == what && view.problem.exists())
            show (what, {});
    }

    /** Seconds that only go forward. */
    static double nowS() { return juce::Time::getMillisecondCounterHiRes() / 1000.0; }

private:
    About about = About::match;
};

} // namespace synthmatch
