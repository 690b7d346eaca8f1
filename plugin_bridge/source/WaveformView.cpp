#include "WaveformView.h"

#include "Peaks.h"
#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr float silence = 0.0005f;
constexpr int labelHeight = 18;
} // namespace

WaveformView::WaveformView (const LookAndFeel& look, SessionCommands& sessionToDrive)
    : session (sessionToDrive), title (look, LookAndFeel::smallHeight, palette::text, true),
      length (look, LookAndFeel::smallHeight, palette::muted, false, juce::Justification::centredRight),
      hint (look, LookAndFeel::bodyHeight, palette::muted, false, juce::Justification::centred)
{
    setTitle ("The sound to be matched");
    for (auto* label : { &title, &length, &hint })
        addAndMakeVisible (label);
    for (auto* handle : { &startHandle, &endHandle })
    {
        addChildComponent (handle);
        handle->onDrag = [this, handle] (int distance, bool isLetGo)
        {
            if (! isTrimming)
                trimWhenTaken = trim;
            isTrimming = ! isLetGo;
            const double by = secondsAt ((float) distance) - secondsAt (0.0f);
            setTrim (moved (trimWhenTaken, handle, by), isLetGo);
        };
        handle->onStep = [this, handle] (double by) { setTrim (moved (trim, handle, by), true); };
    }
}

Trim WaveformView::moved (const Trim& from, const TrimHandle* handle, double by) const
{
    return handle == &startHandle ? from.withStart (from.startS + by) : from.withEnd (from.endS + by);
}

void WaveformView::show (SessionViewPtr newView)
{
    const auto old = std::exchange (view, std::move (newView));
    const bool isOtherRegion = region != words::shownRegion (*view);
    region = words::shownRegion (*view);
    if (isOtherRegion)
        readRegion();
    if (region != nullptr && ! isTrimming)
        trim = { region->startS, region->endS };
    if (old == nullptr || isOtherRegion || old->capture != view->capture)
        repaint();
    placeHandles();
    showTexts();
}

void WaveformView::readRegion()
{
    isTrimming = isSilent = false;
    peaks.clear();
    if (region != nullptr && region->audio.getNumSamples() > 0)
        peaks = peaksOf (region->audio, std::max (1, plot().getWidth()));
}

void WaveformView::moveOn()
{
    if (view == nullptr || region != nullptr)
        return;
    fresh.assign ((size_t) std::max (1, plot().getWidth()), 0.0f);
    const bool isRecording = view->capture == CaptureState::recording;
    session.readPeaks (fresh, isRecording ? std::max (view->recordedS, view->lookBackS) : view->lookBackS);
    if (fresh == peaks)
        return;
    peaks.swap (fresh);
    isSilent = std::all_of (peaks.begin(), peaks.end(), [] (float peak) { return peak < silence; });
    showTexts();
    repaint (plot());
}

void WaveformView::setDropOffered (bool isOffered)
{
    if (std::exchange (isDropOffered, isOffered) != isOffered)
    {
        showTexts();
        repaint();
    }
}

juce::String WaveformView::hintText() const
{
    if (isDropOffered)
        return "Drop it here";
    if (region == nullptr && view->capture == CaptureState::listening && isSilent)
        return "Nothing to hear yet. Play your track, or drop a sound here.";
    if (region != nullptr && peaks.empty())
        return "There is no picture of this kind of file. Match can read it.";
    return {};
}

void WaveformView::showTexts()
{
    if (view == nullptr)
        return;
    const bool invites = region == nullptr && view->capture == CaptureState::listening && ! isSilent;
    length.show (isDropOffered ? juce::String()
                 : invites     ? juce::String ("or drop a sound here")
                               : words::captureLength (*view));
    hint.show (hintText());

    auto labels = getLocalBounds().reduced (TrimHandle::width, 6).removeFromTop (labelHeight);
    length.setBounds (labels.removeFromRight (LookAndFeel::textWidth (length.getFont(), length.getText())));
    title.setBounds (labels.withTrimmedRight (12));
    const bool isCalm = view->capture == CaptureState::listening || view->capture == CaptureState::captured;
    title.setColour (juce::Label::textColourId, isCalm ? palette::text : palette::alert);
    title.show (LookAndFeel::shortened (title.getFont(), words::captureTitle (*view), title.getWidth()));
}

juce::Rectangle<int> WaveformView::plot() const
{
    return getLocalBounds().reduced (TrimHandle::width + 2, 6).withTrimmedTop (labelHeight);
}

void WaveformView::resized()
{
    hint.setBounds (plot());
    if (region != nullptr)
        readRegion();
    placeHandles();
    showTexts();
}

float WaveformView::xOf (double seconds) const
{
    const double whole = region->lengthS();
    const auto area = plot().toFloat();
    return area.getX() + area.getWidth() * (float) (whole > 0.0 ? seconds / whole : 0.0);
}

double WaveformView::secondsAt (float x) const
{
    const auto area = plot().toFloat();
    return region->lengthS() * (x - area.getX()) / std::max (1.0f, area.getWidth());
}

void WaveformView::setTrim (const Trim& wanted, bool isDecided)
{
    if (region->lengthS() < Trim::shortestS)
        return;
    trim = wanted.within (region->lengthS());
    placeHandles();
    repaint();
    if (isDecided)
        session.setTrim (trim.startS, trim.endS);
}

void WaveformView::placeHandles()
{
    const bool canTrim = region != nullptr && ! peaks.empty();
    startHandle.setVisible (canTrim);
    endHandle.setVisible (canTrim);
    if (! canTrim)
        return;
    const auto area = plot();
    startHandle.setBounds (juce::roundToInt (xOf (trim.startS)) - TrimHandle::width, area.getY(),
                           TrimHandle::width, area.getHeight());
    endHandle.setBounds (juce::roundToInt (xOf (trim.endS)), area.getY(), TrimHandle::width,
                         area.getHeight());
    startHandle.setPositionText (words::seconds (trim.startS));
    endHandle.setPositionText (words::seconds (trim.endS));
}

void WaveformView::mouseDown (const juce::MouseEvent&) { trimWhenTaken = trim; }

void WaveformView::mouseDrag (const juce::MouseEvent& event)
{
    if (! startHandle.isVisible() || std::abs (event.getDistanceFromDragStartX()) < 4)
        return;
    isTrimming = true;
    const double from = secondsAt ((float) event.getMouseDownX());
    const double to = secondsAt ((float) event.x);
    setTrim ({ std::min (from, to), std::max (from, to) }, false);
}

void WaveformView::mouseUp (const juce::MouseEvent&)
{
    if (std::exchange (isTrimming, false) && startHandle.isVisible())
        setTrim (trim, true);
}

void WaveformView::mouseDoubleClick (const juce::MouseEvent&)
{
    if (startHandle.isVisible())
        setTrim ({ 0.0, region->lengthS() }, true);
}

void WaveformView::paint (juce::Graphics& g)
{
    const auto area = getLocalBounds().toFloat();
    g.setColour (palette::surface);
    g.fillRoundedRectangle (area, 6.0f);
    if (isDropOffered)
    {
        g.setColour (palette::accent);
        g.drawRoundedRectangle (area.reduced (1.0f), 6.0f, 2.0f);
        return;
    }
    if (view == nullptr || isSilent)
        return;

    const auto inside = plot().toFloat();
    const auto outline = outlineOf (peaks, inside);
    const auto fill = [&] (float from, float to, juce::Colour colour)
    {
        const juce::Graphics::ScopedSaveState state (g);
        g.reduceClipRegion (inside.withX (from).withRight (to).getSmallestIntegerContainer());
        g.setColour (colour);
        g.fillPath (outline);
    };
    if (region == nullptr)
        return fill (inside.getX(), inside.getRight(),
                     view->capture == CaptureState::recording ? palette::alert : palette::accent);

    const float start = std::round (xOf (trim.startS)), end = std::round (xOf (trim.endS));
    const float heard = std::round (xOf (words::heardEndS (trim.startS, trim.endS, region->onsetS)));
    fill (inside.getX(), start, palette::outline.withAlpha (0.6f));
    fill (start, heard, palette::accent);
    fill (heard, end, palette::muted);
    fill (end, inside.getRight(), palette::outline.withAlpha (0.6f));
    if (region->onsetS >= 0.0)
        paintOnset (g);
}

void WaveformView::paintOnset (juce::Graphics& g) const
{
    const auto inside = plot().toFloat();
    const float x = xOf (region->onsetS);
    juce::Path flag;
    flag.addTriangle (x, inside.getY(), x + 7.0f, inside.getY() + 4.0f, x, inside.getY() + 8.0f);
    g.setColour (palette::text);
    g.fillPath (flag);
    g.fillRect (juce::Rectangle<float> (x - 0.5f, inside.getY(), 1.0f, inside.getHeight()));
}

} // namespace synthmatch
