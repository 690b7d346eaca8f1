#pragma once

#include "LookAndFeel.h"

namespace synthmatch
{

/** One end of the region: drag it, or move it with the left and right arrow keys.

    It lies outside of what it marks, with the mark at its inner edge.
*/
class TrimHandle final : public juce::Component
{
public:
    enum class Side
    {
        start,
        end
    };

    static constexpr int width = 14;

    explicit TrimHandle (Side);

    /** By how many logical pixels it is dragged from where it was taken, and whether it was let go. */
    std::function<void (int distance, bool isLetGo)> onDrag;

    /** By how many seconds a key moves it. */
    std::function<void (double seconds)> onStep;

    /** Where it is, for screen readers. */
    void setPositionText (const juce::String& text) { positionText = text; }

    void paint (juce::Graphics&) override;
    void mouseDown (const juce::MouseEvent&) override {}
    void mouseDrag (const juce::MouseEvent&) override;
    void mouseUp (const juce::MouseEvent&) override;
    void mouseEnter (const juce::MouseEvent&) override { repaint(); }
    void mouseExit (const juce::MouseEvent&) override { repaint(); }
    bool keyPressed (const juce::KeyPress&) override;
    void focusGained (FocusChangeType) override { repaint(); }
    void focusLost (FocusChangeType) override { repaint(); }
    std::unique_ptr<juce::AccessibilityHandler> createAccessibilityHandler() override;

private:
    Side side;
    juce::String positionText;

    int distanceOf (const juce::MouseEvent&) const;

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (TrimHandle)
};

} // namespace synthmatch
