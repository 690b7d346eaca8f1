#pragma once

#include "Problem.h"

#include <memory>

/** Presets of candidates as bytes. These functions block on the disk. */
namespace synthmatch
{

/** The bytes of a candidate's `.fxp`; nullptr where it cannot be read or is far too large for one. */
std::shared_ptr<const juce::MemoryBlock> readPreset (const juce::String& path);

/** Whether a file holds exactly this preset. */
bool holdsPreset (const juce::String& path, const juce::MemoryBlock& preset);

/** Save a preset under a new name, all of it or nothing; no problem where that went well. */
Problem savePreset (const juce::MemoryBlock& preset, const juce::File& destination);

} // namespace synthmatch
