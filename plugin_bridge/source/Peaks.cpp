#include "Peaks.h"

namespace synthmatch
{

namespace
{
constexpr float raise = 0.6f;       // exponent
constexpr float leastHeight = 0.5f; // half a line where it is silent
} // namespace

std::vector<float> peaksOf (const juce::AudioBuffer<float>& audio, int count)
{
    std::vector<float> peaks ((size_t) count, 0.0f);
    const auto samples = (juce::int64) audio.getNumSamples();
    for (int i = 0; i < count; ++i)
    {
        const int begin = (int) (samples * i / count);
        const int end = std::max (begin + 1, (int) (samples * (i + 1) / count));
        for (int channel = 0; channel < audio.getNumChannels() && end <= samples; ++channel)
            peaks[(size_t) i] = std::max (peaks[(size_t) i],
                                          audio.getMagnitude (channel, begin, end - begin));
    }
    return peaks;
}

juce::Path outlineOf (const std::vector<float>& peaks, juce::Rectangle<float> area)
{
    juce::Path path;
    if (peaks.empty())
        return path;
    const float step = area.getWidth() / (float) peaks.size();
    const auto heightOf = [&] (size_t i)
    {
        const float height = std::pow (juce::jlimit (0.0f, 1.0f, peaks[i]), raise) * 0.5f * area.getHeight();
        return std::max (leastHeight, height);
    };
    const auto xOf = [&] (size_t i) { return area.getX() + ((float) i + 0.5f) * step; };

    path.preallocateSpace ((int) peaks.size() * 6 + 16);
    path.startNewSubPath (area.getX(), area.getCentreY() - heightOf (0));
    for (size_t i = 0; i < peaks.size(); ++i)
        path.lineTo (xOf (i), area.getCentreY() - heightOf (i));
    path.lineTo (area.getRight(), area.getCentreY() - heightOf (peaks.size() - 1));
    path.lineTo (area.getRight(), area.getCentreY() + heightOf (peaks.size() - 1));
    for (size_t i = peaks.size(); i-- > 0;)
        path.lineTo (xOf (i), area.getCentreY() + heightOf (i));
    path.lineTo (area.getX(), area.getCentreY() + heightOf (0));
    path.closeSubPath();
    return path;
}

} // namespace synthmatch
