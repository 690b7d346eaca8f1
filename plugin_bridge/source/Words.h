#pragma once

#include "SessionView.h"

/** What the window says: numbers for people, and the session's state in a musician's words. */
namespace synthmatch::words
{

/** `A3` for 57; middle C is C4, as in Surge XT. */
juce::String noteName (int pitch);

/** `0.5 s`, `4 s`, `12.3 s`, `2 min 5 s`. */
juce::String seconds (double seconds);

/** `3 s left`; empty where it is not known. */
juce::String remaining (float seconds);

/** `92%`; empty where it is not known. */
juce::String similarity (float percent);

/** What Match takes: `Match the last 4 s`, `Match this sound`, `Stop and match`. */
juce::String matchButton (const SessionView&);

/** Whether a match is under way, so that Match is a bar. */
bool isBusy (MatchState);

/** What is being done while a match is under way. */
juce::String progress (const SessionView&);

/** How much of it is done, 0..1; below 0 where it is not known. */
float progressFraction (const SessionView&);

/** The backend listens to so much of a region: from its start where that was trimmed, else from its onset. */
constexpr double heardS = 4.0;

/** Where that ends, in seconds from the region's first sample. */
double heardEndS (double startS, double endS, double onsetS);

/** What the waveform shows: the region, or nullptr while it moves on with the track. */
RegionPtr shownRegion (const SessionView&);

/** What the waveform shows, in a word or two. */
juce::String captureTitle (const SessionView&);

/** How long that is. */
juce::String captureLength (const SessionView&);

juce::String portName (int port);

/** A Surge XT by its patch's name without folders; by its port where that is unknown. */
juce::String instanceName (const protocol::Instance&);

/** The same with its port, and what is wrong with it. */
juce::String instanceMenuEntry (const protocol::Instance&);

/** Whether the chosen Surge XT is among those that listen. */
bool chosenAnswers (const SessionView&);

/** Whether it can be the address of a backend: a port and a token. */
bool isAddress (const juce::String&);

/** Whether it is a sound file that the plugin or the backend reads. */
bool isSoundFile (const juce::String& path);

} // namespace synthmatch::words
