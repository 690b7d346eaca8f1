#pragma once

#include "Discovery.h"

namespace synthmatch
{

/** How long the link waits, in seconds; tests shorten them. */
struct LinkTimes
{
    double firstRepeatS = 0.1;    // a request is repeated after this, then after twice as long each time,
    double longestRepeatS = 1.0;  // up to this
    double answerS = 10.0;        // longest wait for an answer,
    double writeS = 15.0;         // to a write or undo,
    double workingS = 60.0;       // and where the backend says that it is at work
    double greetS = 10.0;         // for the welcome
    double startS = 60.0;         // for a backend that comes up
    double lookS = 0.1;           // between two looks for it
    double loadingS = 0.5;        // between two questions how far its model is
    double checkS = 0.5;          // between two looks whether it is still there, while it owes an answer
    double overdueS = 1.0;        // for so long
    double goodbyeS = 0.2;        // longest wait for the answer to a goodbye
    double reportS = 0.5;         // between two reports while the user waits
    double sleptS = 3.0;          // a turn so late means that the computer slept
    int beatsPerLease = 4;
    int leasesUntilLost = 2;      // without an answer
};

/** What a link is made with. */
struct LinkSettings
{
    juce::String name { "Synthmatch plugin" };  // of this client, for the backend's log
    juce::File folder = dataFolder();           // the user's folder
    Variables variable { environmentVariable }; // where the program may be named
    LinkTimes times;
};

} // namespace synthmatch
