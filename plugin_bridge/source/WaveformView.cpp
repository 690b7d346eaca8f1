#include "WaveformView.h"

#include "Words.h"

namespace synthmatch
{

namespace
{
constexpr double shortestS = 0.05; // the backend matches nothing shorter
constexpr float silence = 0.0005f;
constexpr int labelHeight = 18;

/** The largest magnitude of each of `count` stretches of a sound. */
std::vector<float> peaksOf (const juce::AudioBuffer<float>& audio, int count)
{
    std::vector<float> peaks ((size_t) count, 0.0f);
    const auto samples = (juce::int64) audio.getNumSamples();
    for (int i = 0; i < count; ++i)
    {
        const int begin = (int) (samples * i / count);
        const int end = (int) (samples * (i + 1) / count);
        for (int channel = 0; channel < audio.getNumChannels() && end > begin; ++channel)
            peaks[(size_t) i] = std::max (peaks[(size_t) i],
                                          audio.getMagnitude (channel, begin, end - begin));
    }
    return peaks;
}
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

WaveformView::Trim WaveformView::moved (Trim from, const TrimHandle* handle, double by) const
{
    if (handle == &startHandle)
        return { std::min (from.startS + by, from.endS - shortestS), from.endS };
    return { from.startS, std::max (from.endS + by, from.startS + shortestS) };
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
    length.show (invites ? juce::String ("or drop a sound here") : words::captureLength (*view));
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

void WaveformView::setTrim (Trim wanted, bool isDecided)
{
    const double whole = region->lengthS();
    if (whole < shortestS)
        return;
    trim.startS = juce::jlimit (0.0, whole - shortestS, wanted.startS);
    trim.endS = juce::jlimit (trim.startS + shortestS, whole, wanted.endS);
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
    auto taken = view->capture == CaptureState::recording ? palette::alert : palette::accent;
    float takenFrom = inside.getX(), takenTo = inside.getRight(), heardTo = takenTo;
    if (region != nullptr)
    {
        takenFrom = xOf (trim.startS);
        takenTo = xOf (trim.endS);
        heardTo = xOf (words::heardEndS (trim.startS, trim.endS, region->onsetS));
    }
    const float columnWidth = inside.getWidth() / (float) std::max (size_t { 1 }, peaks.size());
    for (size_t i = 0; i < peaks.size(); ++i)
    {
        const float x = inside.getX() + ((float) i + 0.5f) * columnWidth;
        const float height = std::pow (juce::jlimit (0.0f, 1.0f, peaks[i]), 0.6f) * inside.getHeight();
        const bool isTaken = takenFrom <= x && x <= takenTo;
        g.setColour (! isTaken ? palette::outline.withAlpha (0.6f) : x <= heardTo ? taken : palette::muted);
        g.fillRect (juce::Rectangle<float> (columnWidth, std::max (1.0f, height))
                        .withCentre ({ x, inside.getCentreY() }));
    }
    if (region != nullptr && region->onsetS >= 0.0)
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
