#include "TrimHandle.h"

namespace synthmatch
{

namespace
{
constexpr double stepS = 0.01;
constexpr double bigStepS = 0.1;

/** What a screen reader says of a handle, and how it moves it. */
class HandleValue final : public juce::AccessibilityTextValueInterface
{
public:
    explicit HandleValue (const juce::String& textToRead) : text (textToRead) {}

    bool isReadOnly() const override { return true; }
    juce::String getCurrentValueAsString() const override { return text; }
    void setValueAsString (const juce::String&) override {}

private:
    const juce::String& text;
};
} // namespace

TrimHandle::TrimHandle (Side sideToMark) : side (sideToMark)
{
    setTitle (side == Side::start ? "Start of the sound" : "End of the sound");
    setWantsKeyboardFocus (true);
    setMouseClickGrabsKeyboardFocus (false);
    setMouseCursor (juce::MouseCursor::LeftRightResizeCursor);
}

void TrimHandle::paint (juce::Graphics& g)
{
    auto area = getLocalBounds().toFloat();
    const auto line = side == Side::start ? area.removeFromRight (2.0f) : area.removeFromLeft (2.0f);
    g.setColour (isMouseOverOrDragging() ? palette::text : palette::accent);
    g.fillRect (line);
    auto grip = area.withSizeKeepingCentre (area.getWidth(), 26.0f);
    grip = side == Side::start ? grip.withTrimmedLeft (3.0f) : grip.withTrimmedRight (3.0f);
    g.fillRect (grip);
    g.setColour (palette::onAccent);
    for (const float x : { -1.5f, 1.5f })
        g.fillRect (juce::Rectangle<float> (1.0f, 10.0f).withCentre (grip.getCentre().translated (x, 0.0f)));
    if (hasKeyboardFocus (false))
        LookAndFeel::drawFocusRing (g, grip.expanded (2.0f), 2.0f);
}

void TrimHandle::mouseDrag (const juce::MouseEvent& event)
{
    if (onDrag != nullptr)
        onDrag (distanceOf (event), false);
}

void TrimHandle::mouseUp (const juce::MouseEvent& event)
{
    if (onDrag != nullptr)
        onDrag (distanceOf (event), true);
}

int TrimHandle::distanceOf (const juce::MouseEvent& event) const
{
    // The handle moves under the mouse, its parent does not.
    const auto inParent = event.getEventRelativeTo (getParentComponent());
    return inParent.x - inParent.getMouseDownX();
}

bool TrimHandle::keyPressed (const juce::KeyPress& key)
{
    const int direction = key.getKeyCode() == juce::KeyPress::leftKey    ? -1
                          : key.getKeyCode() == juce::KeyPress::rightKey ? 1
                                                                         : 0;
    if (direction == 0 || onStep == nullptr)
        return false;
    onStep (direction * (key.getModifiers().isShiftDown() ? bigStepS : stepS));
    return true;
}

std::unique_ptr<juce::AccessibilityHandler> TrimHandle::createAccessibilityHandler()
{
    return std::make_unique<juce::AccessibilityHandler> (
        *this, juce::AccessibilityRole::slider, juce::AccessibilityActions {},
        juce::AccessibilityHandler::Interfaces { std::make_unique<HandleValue> (positionText) });
}

} // namespace synthmatch
