#include "FakeSession.h"
#include "FakeStates.h"
#include "LayoutCheck.h"
#include "WaveformView.h"

#include <catch2/catch.hpp>

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
struct Waveform
{
    FakeSession session;
    LookAndFeel look;
    WaveformView view { look, session };

    explicit Waveform (const SessionView& state)
    {
        view.setBounds (0, 0, 632, 110); // 600 pixels for the sound
        show (state);
    }

    void show (const SessionView& state)
    {
        session.show (state);
        view.show (session.view());
    }

    TrimHandle& handle (const char* title)
    {
        auto* found = find<TrimHandle> (view, title);
        REQUIRE (found != nullptr);
        return *found;
    }

    TrimHandle& start() { return handle ("Start of the sound"); }
    TrimHandle& end() { return handle ("End of the sound"); }

    /** Sends mouse events from one x to another, as a drag from `source`. */
    void drag (juce::Component& source, int fromX, int toX)
    {
        const auto event = [&] (int x)
        {
            return juce::MouseEvent (
                juce::Desktop::getInstance().getMainMouseSource(),
                source.getLocalPoint (&view, juce::Point<int> (x, 60)).toFloat(),
                juce::ModifierKeys::leftButtonModifier, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f, &source, &source, {},
                source.getLocalPoint (&view, juce::Point<int> (fromX, 60)).toFloat(), {}, 1, true);
        };
        source.mouseDown (event (fromX));
        source.mouseDrag (event ((fromX + toX) / 2));
        source.mouseDrag (event (toX));
        source.mouseUp (event (toX));
    }
};
} // namespace

TEST_CASE ("The handles lie at the ends of the region, 100 pixels a second", "[waveform]")
{
    Waveform waveform (captured());
    CHECK (waveform.start().getRight() == 16 + 28);
    CHECK (waveform.end().getX() == 16 + 520);
}

TEST_CASE ("A handle that is dragged moves its end, and the session hears of it once", "[waveform]")
{
    Waveform waveform (captured());
    waveform.drag (waveform.start(), 40, 140);
    CHECK (waveform.session.asked == juce::StringArray { "setTrim 1.28 5.20" });
    CHECK (waveform.start().getRight() == 16 + 128);
    waveform.drag (waveform.end(), 540, 440);
    CHECK (waveform.session.lastAsked() == "setTrim 1.28 4.20");
}

TEST_CASE ("The ends neither cross nor leave the sound", "[waveform]")
{
    Waveform waveform (captured());
    waveform.drag (waveform.start(), 40, 5000);
    CHECK (waveform.session.lastAsked() == "setTrim 5.15 5.20");
    waveform.drag (waveform.start(), 530, -5000);
    CHECK (waveform.session.lastAsked() == "setTrim 0.00 5.20");
    waveform.drag (waveform.end(), 540, 5000);
    CHECK (waveform.session.lastAsked() == "setTrim 0.00 6.00");
    waveform.drag (waveform.end(), 620, -5000);
    CHECK (waveform.session.lastAsked() == "setTrim 0.00 0.05");
}

TEST_CASE ("Dragging over the sound takes that part; a click takes nothing", "[waveform]")
{
    Waveform waveform (captured());
    waveform.drag (waveform.view, 316, 116);
    CHECK (waveform.session.lastAsked() == "setTrim 1.00 3.00");
    waveform.session.asked.clear();
    waveform.drag (waveform.view, 200, 202);
    CHECK (waveform.session.asked.isEmpty());
}

TEST_CASE ("Arrow keys move a handle", "[waveform]")
{
    Waveform waveform (captured());
    CHECK (waveform.start().keyPressed (juce::KeyPress (juce::KeyPress::rightKey)));
    CHECK (waveform.session.lastAsked() == "setTrim 0.29 5.20");
    CHECK (waveform.end().keyPressed (
        juce::KeyPress (juce::KeyPress::leftKey, juce::ModifierKeys::shiftModifier, 0)));
    CHECK (waveform.session.lastAsked() == "setTrim 0.29 5.10");
    CHECK_FALSE (waveform.end().keyPressed (juce::KeyPress (juce::KeyPress::upKey)));
}

TEST_CASE ("While a handle is held, news of the session do not move it", "[waveform]")
{
    Waveform waveform (captured());
    auto& handle = waveform.start();
    handle.onDrag (100, false);
    const int held = handle.getRight();
    waveform.session.change ([] (SessionView& view) { view.fraction = 0.5f; });
    waveform.view.show (waveform.session.view());
    CHECK (handle.getRight() == held);
    handle.onDrag (100, true);
    CHECK (waveform.session.lastAsked() == "setTrim 1.28 5.20");
}

TEST_CASE ("A sound without a picture has no handles; while listening there are none", "[waveform]")
{
    auto state = captured();
    auto region = std::make_shared<Region>();
    region->name = "voice.ogg";
    state.region = region;
    Waveform waveform (state);
    CHECK (find<TrimHandle> (waveform.view, "Start of the sound") == nullptr);
    CHECK (find<juce::Label> (waveform.view, "There is no picture of this kind of file. Match can read it.")
           != nullptr);
    waveform.show (listening());
    CHECK (find<TrimHandle> (waveform.view, "Start of the sound") == nullptr);
    waveform.drag (waveform.view, 100, 300);
    CHECK (waveform.session.asked.isEmpty());
}

TEST_CASE ("The picture moves while listening and recording, and rests with a region", "[waveform]")
{
    Waveform waveform (listening());
    waveform.view.moveOn();
    CHECK (waveform.session.readings == 1);
    CHECK (find<juce::Label> (waveform.view, "Nothing to hear yet. Play your track, or drop a sound here.")
           != nullptr);
    waveform.session.peaks = playedPeaks();
    waveform.view.moveOn();
    CHECK (find<juce::Label> (waveform.view, "or drop a sound here") != nullptr);
    waveform.show (captured());
    waveform.view.moveOn();
    CHECK (waveform.session.readings == 2);
    auto recordingOver = captured();
    recordingOver.capture = CaptureState::recording;
    waveform.show (recordingOver);
    waveform.view.moveOn();
    CHECK (waveform.session.readings == 3);
    CHECK (find<TrimHandle> (waveform.view, "Start of the sound") == nullptr);
}
