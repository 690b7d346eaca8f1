// Draws the window in every state into PNG files: synthmatch_screenshots FOLDER [SCALE]
// Those of docs/images are at scale 2, then made small by `pngquant --nofs 128` and optipng.
#include "FakeSession.h"
#include "FakeStates.h"
#include "PluginEditor.h"

#include <iostream>

namespace
{

bool writePng (const juce::Image& image, const juce::File& file)
{
    file.deleteFile();
    juce::FileOutputStream stream (file);
    return stream.openedOk() && juce::PNGImageFormat().writeImageToStream (image, stream);
}

} // namespace

int main (int argc, char* argv[])
{
    if (argc < 2)
    {
        std::cerr << "Usage: synthmatch_screenshots FOLDER [SCALE]\n";
        return 2;
    }
    const juce::ScopedJuceInitialiser_GUI juce;
    const auto folder = juce::File::getCurrentWorkingDirectory().getChildFile (juce::String (argv[1]));
    const float scale = argc > 2 ? juce::String (argv[2]).getFloatValue() : 1.0f;
    if (! folder.createDirectory() || scale < 0.5f || scale > 4.0f)
    {
        std::cerr << "The folder cannot be made, or the scale is not between 0.5 and 4.\n";
        return 2;
    }
    for (const auto& state : synthmatch::test::allStates())
    {
        synthmatch::test::FakeSession session;
        synthmatch::test::FakeProcessor processor;
        session.peaks = state.heard;
        synthmatch::PluginEditor editor (processor, session);
        session.show (state.view);
        editor.refresh();
        const auto file = folder.getChildFile ("plugin-" + state.name + ".png");
        if (! writePng (editor.createComponentSnapshot (editor.getLocalBounds(), true, scale), file))
        {
            std::cerr << file.getFullPathName() << " cannot be written.\n";
            return 1;
        }
        std::cout << file.getFullPathName() << "\n";
    }
    return 0;
}
