#include "Peaks.h"

#include <catch2/catch.hpp>

using synthmatch::outlineOf;
using synthmatch::peaksOf;

TEST_CASE ("Each stretch of a sound has its largest magnitude, of all channels", "[peaks]")
{
    juce::AudioBuffer<float> audio (2, 100);
    audio.clear();
    audio.setSample (0, 3, -0.5f);
    audio.setSample (1, 99, 0.25f);
    const auto peaks = peaksOf (audio, 10);
    CHECK (peaks.size() == 10);
    CHECK (peaks[0] == 0.5f);
    CHECK (peaks[5] == 0.0f);
    CHECK (peaks[9] == 0.25f);
}

TEST_CASE ("A sound of fewer samples than stretches, or of none, has peaks too", "[peaks]")
{
    juce::AudioBuffer<float> audio (1, 3);
    for (int i = 0; i < 3; ++i)
        audio.setSample (0, i, 0.1f * (float) (i + 1));
    const auto peaks = peaksOf (audio, 9);
    CHECK (peaks == std::vector<float> { 0.1f, 0.1f, 0.1f, 0.2f, 0.2f, 0.2f, 0.3f, 0.3f, 0.3f });
    CHECK (peaksOf (juce::AudioBuffer<float> (1, 0), 4) == std::vector<float> (4, 0.0f));
}

TEST_CASE ("The outline stays within its area, and silence is a thin line", "[peaks]")
{
    const juce::Rectangle<float> area (10.0f, 20.0f, 100.0f, 50.0f);
    CHECK (area.expanded (0.01f).contains (outlineOf ({ 0.0f, 1.0f, 8.0f, 0.3f }, area).getBounds()));
    CHECK (outlineOf ({ 0.0f, 1.0f, 0.0f }, area).getBounds().getHeight() == Approx (50.0f));
    const auto silence = outlineOf ({ 0.0f, 0.0f }, area).getBounds();
    CHECK (silence.getHeight() == Approx (1.0f));
    CHECK (silence.getWidth() == Approx (100.0f));
    CHECK (outlineOf ({}, area).isEmpty());
}
