#pragma once

#include "SessionView.h"
#include "Trim.h"
#include "TrimHandle.h"

namespace synthmatch
{

/** What Match will take: the last seconds as they move on, or the region with its two ends and its onset. */
class WaveformView final : public juce::Component
{
public:
    WaveformView (const LookAndFeel&, SessionCommands&);

    void show (SessionViewPtr);

    /** Asks for the newest sound where the picture moves; to be called at the window's pace. */
    void moveOn();

    /** Whether a sound is held over the window and would be taken. */
    void setDropOffered (bool isOffered);

    void paint (juce::Graphics&) override;
    void resized() override;
    void mouseDown (const juce::MouseEvent&) override;
    void mouseDrag (const juce::MouseEvent&) override;
    void mouseUp (const juce::MouseEvent&) override;
    void mouseDoubleClick (const juce::MouseEvent&) override;

private:
    SessionCommands& session;
    SessionViewPtr view;
    RegionPtr region; // shown; nullptr while the picture moves
    TextLabel title, length, hint;
    TrimHandle startHandle { TrimHandle::Side::start }, endHandle { TrimHandle::Side::end };
    std::vector<float> peaks, fresh; // of the moving picture, or of the region
    Trim trim, trimWhenTaken;
    bool isTrimming = false, isDropOffered = false, isSilent = false;

    juce::Rectangle<int> plot() const;
    float xOf (double seconds) const;
    double secondsAt (float x) const;
    Trim moved (const Trim&, const TrimHandle*, double by) const;
    void setTrim (const Trim&, bool isDecided);
    void readRegion();
    void placeHandles();
    void showTexts();
    juce::String hintText() const;
    void paintOnset (juce::Graphics&) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (WaveformView)
};

} // namespace synthmatch
