#pragma once

#include <juce_core/juce_core.h>

namespace synthmatch
{

/** A folder with a difficult name, which is gone after the test. */
class TemporaryFolder
{
public:
    TemporaryFolder()
        : root (juce::File::getSpecialLocation (juce::File::tempDirectory)
                    .getChildFile ("synthmatch-tests-" + juce::Uuid().toString()))
    {
        folder().createDirectory();
    }

    ~TemporaryFolder() { root.deleteRecursively(); }

    juce::File folder() const
    {
        return root.getChildFile (juce::String (juce::CharPointer_UTF8 ("m\xc3\xbcsic data \xe9\x9f\xb3")));
    }

    juce::File file (const juce::String& name) const { return folder().getChildFile (name); }

    juce::File write (const juce::String& name, const juce::String& text) const
    {
        file (name).getParentDirectory().createDirectory();
        file (name).replaceWithText (text, false, false, "\n");
        return file (name);
    }

private:
    juce::File root;

    JUCE_DECLARE_NON_COPYABLE (TemporaryFolder)
};

} // namespace synthmatch
