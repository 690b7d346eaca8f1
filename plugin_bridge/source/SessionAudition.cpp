#include "SessionAudition.h"

#include "Loudness.h"
#include "RegionFile.h"

namespace synthmatch
{

namespace
{
    constexpr double matchedS = 4.0; // the backend matches no more (backend/audio/region.py)
    constexpr double beforeOnsetS = 0.05;
    constexpr double pauseS = 3.0;   // beyond its length: then the host does not play it

    Problem hostIsSilent()
    {
        return { "The host plays nothing at the moment.", "Switch on its audio, then listen again." };
    }

    /** What the backend matches of a region. */
    juce::AudioBuffer<float> matchedPart (const Region& region)
    {
        const auto byHand = region.startS > 0.0 || region.onsetS >= region.endS;
        const auto startS = byHand ? region.startS : juce::jmax (0.0, region.onsetS - beforeOnsetS);
        const auto part = withTrim (region, startS, juce::jmin (region.endS, startS + matchedS));
        return trimmedAudio (*part);
    }
}

SessionAudition::SessionAudition (SessionShared& sharedToUse) : shared (sharedToUse) {}

void SessionAudition::set (Audition wanted)
{
    const auto& view = shared.view;
    if (wanted == Audition::none)
        return stop ({});
    const auto* heard = candidate();
    const auto hasRender = heard != nullptr && load (*heard);
    const auto hasTarget = view.region != nullptr && view.region->audio.getNumSamples() > 0;
    if (wanted == Audition::candidate && heard == nullptr)
        return stop ({ "There is no preset to listen to yet.", "Click Match." });
    if (wanted == Audition::candidate && ! hasRender)
        return stop (heard->renderPath.isEmpty()
                         ? Problem { "This preset has no sound to listen to, because no Surge XT was found to "
                                     "render it.",
                                     "Select it, and play it in Surge XT." }
                         : Problem { "The sound of this preset is gone.", "Click Match to make it again." });
    if (wanted == Audition::target && ! hasTarget)
        return stop (view.region != nullptr
                         ? Problem { "A file of this kind can be matched, but not played here.",
                                     "Play it in your browser of sounds, or load it as WAV." }
                         : Problem { "There is no captured sound to listen to.", "Capture or load one." });

    shared.clear (About::sound);
    const auto target = hasTarget ? std::make_shared<juce::AudioBuffer<float>> (matchedPart (*view.region)) : nullptr;
    const auto targetHz = hasTarget ? view.region->sampleRateHz : render.rateHz;
    const auto& first = target != nullptr ? *target : *render.sound;
    const auto& second = hasRender ? *render.sound : first;
    const auto level = levelMatch (first, targetHz, second, hasRender ? render.rateHz : targetHz);
    if (wanted == Audition::target)
        play (wanted, target, targetHz, level.targetGain);
    else
        play (wanted, render.sound, render.rateHz, level.candidateGain);
}

void SessionAudition::follow()
{
    if (shared.view.audition == Audition::candidate)
        set (Audition::candidate);
}

void SessionAudition::tick()
{
    if (shared.view.audition == Audition::none)
        return;
    if (! shared.engine.isPlaying())
        stop ({});
    else if (SessionShared::nowS() > untilS)
        stop (hostIsSilent());
}

bool SessionAudition::load (const CandidateView& wanted)
{
    if (wanted.renderPath.isEmpty() || ! juce::File::isAbsolutePath (wanted.renderPath))
        return false;
    if (render.path == wanted.renderPath)
        return true;
    const auto loaded = loadRegion (juce::File (wanted.renderPath));
    if (loaded.region == nullptr || loaded.region->audio.getNumSamples() == 0)
        return false;
    const auto& region = loaded.region;
    render = { wanted.renderPath, { region, &region->audio }, region->sampleRateHz };
    return true;
}

const CandidateView* SessionAudition::candidate() const
{
    const auto& view = shared.view;
    if (view.candidates.empty())
        return nullptr;
    const auto index = juce::jlimit (0, (int) view.candidates.size() - 1, view.selected);
    return &view.candidates[(size_t) index];
}

void SessionAudition::play (Audition what, const Sound& sound, double rateHz, float gain)
{
    if (! (shared.engine.sampleRateHz() > 0.0))
        return stop (hostIsSilent());
    shared.engine.play (sound, rateHz, gain);
    shared.view.audition = what;
    shared.touched = true;
    untilS = SessionShared::nowS() + sound->getNumSamples() / rateHz + pauseS;
}

void SessionAudition::stop (const Problem& problem)
{
    shared.engine.stopPlaying();
    shared.view.audition = Audition::none;
    shared.touched = true;
    if (problem.exists())
        shared.show (About::sound, problem);
}

} // namespace synthmatch
