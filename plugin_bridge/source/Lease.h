#pragma once

#include "LinkSettings.h"

namespace synthmatch
{

/** When to say that we are still here, and how long the backend has said nothing. */
class Lease
{
public:
    explicit Lease (const LinkTimes& timesToUse) : times (timesToUse) {}

    /** The backend has welcomed us.

        @param seconds  after which it takes a silent client to be gone
    */
    void begin (double seconds, bool isModelLoading, double nowS)
    {
        lengthS = juce::jlimit (shortestS, longestS, seconds);
        heardS = nowS;
        answered (isModelLoading, nowS);
    }

    double seconds() const { return lengthS; }
    void heard (double nowS) { heardS = nowS; }
    void beat() { beating = true; }

    /** A heartbeat was answered, or given up; while the model loads, the next comes sooner. */
    void answered (bool isModelLoading, double nowS)
    {
        const auto usualS = lengthS / times.beatsPerLease;
        beating = false;
        beatS = nowS + (isModelLoading ? juce::jmin (times.loadingS, usualS) : usualS);
    }

    bool isBeatDue (double nowS) const { return nextBeatS() <= nowS; }
    double nextBeatS() const { return beating ? std::numeric_limits<double>::infinity() : beatS; }
    bool isSilent (double nowS) const { return nowS - heardS >= times.leasesUntilLost * lengthS; }

    /** The computer slept. */
    void postpone (double byS) { heardS += byS; }

private:
    static constexpr double shortestS = 0.2, longestS = 3600.0;

    const LinkTimes times;
    double lengthS = 15.0;
    double heardS = 0.0;
    double beatS = 0.0;
    bool beating = false; // a heartbeat waits for its answer
};

} // namespace synthmatch
