#pragma once

#include "SessionShared.h"

namespace synthmatch
{

/** Listening to the target and to candidates through the plugin, equally loud. Session thread only. */
class SessionAudition
{
public:
    explicit SessionAudition (SessionShared&);

    /** Play the target, or the selected candidate (the best one where none is), or stop. */
    void set (Audition);

    /** Another candidate was selected: where one is heard, hear that one. */
    void follow();

    /** See whether it has ended. */
    void tick();

private:
    using Sound = std::shared_ptr<const juce::AudioBuffer<float>>;
    struct Loaded
    {
        juce::String path;
        Sound sound;
        double rateHz = 0.0;
    };

    bool load (const CandidateView&);
    const CandidateView* candidate() const;
    void play (Audition, const Sound&, double rateHz, float gain);
    void stop (const Problem&);

    SessionShared& shared;
    Loaded render; // the last candidate that was heard
    double untilS = 0.0;
};

} // namespace synthmatch
