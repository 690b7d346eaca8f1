#include "Icons.h"

namespace synthmatch
{

namespace
{
constexpr float grid = 16.0f; // the paths below are drawn on 16 x 16

/** What is drawn as lines, and what is filled. */
struct Shape
{
    juce::Path lines, filled;
};

void polyline (juce::Path& path, std::initializer_list<juce::Point<float>> points)
{
    bool first = true;
    for (const auto point : points)
    {
        if (first)
            path.startNewSubPath (point);
        else
            path.lineTo (point);
        first = false;
    }
}

void arc (juce::Path& path, float radius, float fromTurn, float toTurn)
{
    const auto turn = juce::MathConstants<float>::twoPi;
    path.addCentredArc (8.0f, 8.0f, radius, radius, 0.0f, fromTurn * turn, toTurn * turn, true);
}

Shape shapeOf (Icon icon)
{
    Shape shape;
    auto& [lines, filled] = shape;
    switch (icon)
    {
        case Icon::none: break;
        case Icon::record: filled.addEllipse (3.5f, 3.5f, 9.0f, 9.0f); break;
        case Icon::stop: filled.addRoundedRectangle (3.5f, 3.5f, 9.0f, 9.0f, 1.0f); break;
        case Icon::play: filled.addTriangle (4.5f, 2.5f, 13.5f, 8.0f, 4.5f, 13.5f); break;
        case Icon::previous: polyline (lines, { { 3.5f, 10.5f }, { 8.0f, 5.5f }, { 12.5f, 10.5f } }); break;
        case Icon::next: polyline (lines, { { 3.5f, 5.5f }, { 8.0f, 10.5f }, { 12.5f, 5.5f } }); break;
        case Icon::down: filled.addTriangle (4.0f, 6.0f, 12.0f, 6.0f, 8.0f, 11.0f); break;
        case Icon::undo:
            polyline (lines, { { 6.0f, 2.5f }, { 2.5f, 5.5f }, { 6.0f, 8.5f } });
            lines.startNewSubPath (2.5f, 5.5f);
            lines.lineTo (9.5f, 5.5f);
            lines.cubicTo (15.0f, 5.5f, 15.0f, 13.0f, 9.5f, 13.0f);
            lines.lineTo (5.5f, 13.0f);
            break;
        case Icon::keep:
            polyline (lines, { { 8.0f, 2.0f }, { 8.0f, 10.0f } });
            polyline (lines, { { 4.5f, 6.8f }, { 8.0f, 10.2f }, { 11.5f, 6.8f } });
            polyline (lines, { { 2.5f, 10.5f }, { 2.5f, 13.5f }, { 13.5f, 13.5f }, { 13.5f, 10.5f } });
            break;
        case Icon::refresh:
            arc (lines, 5.3f, 0.15f, 0.94f);
            filled.addTriangle (10.2f, 1.7f, 5.2f, -0.2f, 7.3f, 6.0f);
            break;
        case Icon::close:
            polyline (lines, { { 4.0f, 4.0f }, { 12.0f, 12.0f } });
            polyline (lines, { { 12.0f, 4.0f }, { 4.0f, 12.0f } });
            break;
        case Icon::help:
            lines.startNewSubPath (5.0f, 6.0f);
            lines.cubicTo (5.0f, 1.5f, 11.5f, 1.5f, 11.2f, 5.8f);
            lines.cubicTo (11.0f, 8.0f, 8.0f, 8.0f, 8.0f, 10.6f);
            filled.addEllipse (6.9f, 12.2f, 2.2f, 2.2f);
            break;
        case Icon::more:
            for (const float x : { 3.0f, 8.0f, 13.0f })
                filled.addEllipse (x - 1.4f, 6.6f, 2.8f, 2.8f);
            break;
        case Icon::tick: polyline (lines, { { 3.0f, 8.5f }, { 6.5f, 12.0f }, { 13.0f, 4.5f } }); break;
        case Icon::dot: filled.addEllipse (5.5f, 5.5f, 5.0f, 5.0f); break;
        case Icon::warning:
            filled.addRoundedRectangle (6.9f, 2.0f, 2.2f, 8.2f, 1.1f);
            filled.addEllipse (6.7f, 11.6f, 2.6f, 2.6f);
            break;
    }
    return shape;
}
} // namespace

void drawIcon (juce::Graphics& g, Icon icon, juce::Rectangle<float> area, juce::Colour colour)
{
    const auto [lines, filled] = shapeOf (icon);
    const float scale = std::min (area.getWidth(), area.getHeight()) / grid;
    const auto place = juce::AffineTransform::scale (scale).translated (
        area.getCentreX() - 0.5f * grid * scale, area.getCentreY() - 0.5f * grid * scale);
    g.setColour (colour);
    g.fillPath (filled, place);
    g.strokePath (lines, { 1.7f, juce::PathStrokeType::curved, juce::PathStrokeType::rounded }, place);
}

} // namespace synthmatch
