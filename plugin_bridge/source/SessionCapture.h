#pragma once

#include "SessionShared.h"

namespace synthmatch
{

/** What the session does with sounds: recording, the region and its trim. Session thread only. */
class SessionCapture
{
public:
    explicit SessionCapture (SessionShared&);

    void setLookBack (double seconds);
    void startRecording();
    void stopRecording();
    void armTransport();
    void armSound();
    void disarm();
    void loadFile (const juce::File&);
    void setTrim (double startS, double endS);
    void clearRegion();

    /** A region from a saved project, or none. */
    void restored (RegionPtr);

    /** The region that Match takes, or why there is none. A recording that runs is ended; with neither, the
        last seconds become the shown region.
    */
    struct Taken
    {
        RegionPtr region;
        Problem problem;
    };
    Taken takeRegion();

    /** Whether the engine does something that is to be followed. */
    bool isActive() const;

    /** Follow the engine. */
    void tick();

private:
    void showCapture();
    void setRegion (RegionPtr);

    SessionShared& shared;
};

} // namespace synthmatch
