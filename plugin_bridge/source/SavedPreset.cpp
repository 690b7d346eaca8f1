#include "SavedPreset.h"

namespace synthmatch
{

namespace
{
    constexpr juce::int64 largestBytes = 4 * 1024 * 1024; // with wavetables in it, Surge XT's get this large
}

std::shared_ptr<const juce::MemoryBlock> readPreset (const juce::String& path)
{
    if (! juce::File::isAbsolutePath (path))
        return nullptr;
    const juce::File file (path);
    const auto size = file.getSize();
    auto bytes = std::make_shared<juce::MemoryBlock>();
    if (size <= 0 || size > largestBytes || ! file.loadFileAsData (*bytes) || bytes->isEmpty())
        return nullptr;
    return bytes;
}

bool holdsPreset (const juce::String& path, const juce::MemoryBlock& preset)
{
    const auto there = readPreset (path);
    return there != nullptr && *there == preset;
}

Problem savePreset (const juce::MemoryBlock& preset, const juce::File& destination)
{
    const auto path = destination.getFullPathName();
    if (! destination.hasFileExtension ("fxp"))
        return { path + " cannot be the name of a kept preset.", "Give it the ending .fxp." };
    if (destination.exists())
        return { path + " is there already.", "Choose another name." };
    const juce::TemporaryFile written (destination);
    if (written.getFile().replaceWithData (preset.getData(), preset.getSize())
        && written.overwriteTargetFileWithTemporary())
        return {};
    return { path + " cannot be written.", "Choose a folder that is there and can be written to." };
}

} // namespace synthmatch
