#include "SessionCapture.h"

#include "RegionFile.h"

namespace synthmatch
{

namespace
{
    bool isArmed (CaptureState state)
    {
        return state == CaptureState::armedTransport || state == CaptureState::armedSound;
    }

    /** Why a region cannot be matched; the rest is found when it is written. */
    Problem faultOf (const RegionPtr& region, double lookBackS, bool fresh)
    {
        if (region == nullptr || (region->audio.getNumSamples() == 0 && region->file == juce::File()))
            return { "Nothing was heard yet.", "Play the track that Synthmatch is on, then click Match." };
        if (region->audio.getNumSamples() > 0 && region->onsetS < 0.0)
            return fresh ? Problem { "The last " + juce::String (lookBackS, 1) + " s are silent.",
                                     "Play the track that Synthmatch is on, and click Match while it sounds or "
                                     "just after." }
                         : Problem { "The captured sound is silent.", "Capture another one." };
        return {};
    }
}

SessionCapture::SessionCapture (SessionShared& sharedToUse) : shared (sharedToUse) {}

void SessionCapture::setLookBack (double seconds)
{
    if (std::isfinite (seconds))
        shared.view.lookBackS = juce::jlimit (shortestLookBackS, longestLookBackS, seconds);
}

void SessionCapture::startRecording()
{
    shared.engine.startRecording();
    showCapture();
}

void SessionCapture::stopRecording()
{
    shared.engine.stopRecording();
    showCapture();
}

void SessionCapture::armTransport()
{
    shared.engine.armTransport();
    showCapture();
}

void SessionCapture::armSound()
{
    shared.engine.armSound();
    showCapture();
}

void SessionCapture::disarm()
{
    shared.engine.disarm();
    showCapture();
}

void SessionCapture::loadFile (const juce::File& file)
{
    const auto loaded = synthmatch::loadRegion (file);
    if (loaded.region == nullptr)
        return shared.show (About::sound, loaded.problem);
    shared.engine.disarm();
    setRegion (loaded.region);
}

void SessionCapture::setTrim (double startS, double endS)
{
    const auto& region = shared.view.region;
    if (region != nullptr && region->audio.getNumSamples() > 0 && std::isfinite (startS) && std::isfinite (endS)
        && (startS != region->startS || endS != region->endS))
        shared.view.region = withTrim (*region, startS, endS);
}

void SessionCapture::clearRegion()
{
    shared.engine.disarm();
    setRegion (nullptr);
}

void SessionCapture::restored (RegionPtr region)
{
    shared.engine.disarm();
    setRegion (std::move (region));
}

SessionCapture::Taken SessionCapture::takeRegion()
{
    shared.engine.stopRecording();
    tick(); // takes the recording
    shared.engine.disarm();
    const auto fresh = shared.view.region == nullptr;
    const auto region = fresh ? shared.engine.copyLast (shared.view.lookBackS) : shared.view.region;
    const auto fault = faultOf (region, shared.view.lookBackS, fresh);
    if (fresh && ! fault.exists())
        setRegion (region);
    showCapture();
    return { fault.exists() ? nullptr : region, fault };
}

bool SessionCapture::isActive() const
{
    const auto state = shared.engine.captureState();
    return isArmed (state) || state == CaptureState::recording;
}

void SessionCapture::tick()
{
    if (shared.engine.captureState() == CaptureState::captured)
        if (auto region = shared.engine.takeRecording())
            setRegion (std::move (region));
    showCapture();
}

void SessionCapture::showCapture()
{
    auto& view = shared.view;
    auto state = shared.engine.captureState();
    if (state == CaptureState::captured || state == CaptureState::listening)
        state = view.region != nullptr ? CaptureState::captured : CaptureState::listening;
    const auto recordedS = state == CaptureState::recording ? shared.engine.recordedS() : 0.0;
    shared.touched |= state != view.capture || recordedS != view.recordedS;
    view.capture = state;
    view.recordedS = recordedS;
}

void SessionCapture::setRegion (RegionPtr region)
{
    shared.view.region = std::move (region);
    shared.clear (About::sound);
    shared.touched = true;
    showCapture();
}

} // namespace synthmatch
