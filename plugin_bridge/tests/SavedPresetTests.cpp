#include "SavedPreset.h"

#include <catch2/catch.hpp>

using namespace synthmatch;

TEST_CASE ("Presets are read, compared and saved whole, and never over another file", "[preset]")
{
    const auto folder = juce::File::createTempFile ("presets");
    REQUIRE (folder.createDirectory());
    const auto source = folder.getChildFile ("one.fxp");
    source.replaceWithText ("a preset");
    const auto preset = readPreset (source.getFullPathName());
    REQUIRE (preset != nullptr);
    CHECK (preset->toString() == "a preset");
    CHECK (holdsPreset (source.getFullPathName(), *preset));

    const auto copy = folder.getChildFile ("two.fxp");
    CHECK_FALSE (savePreset (*preset, copy).exists());
    CHECK (copy.loadFileAsString() == "a preset");
    copy.replaceWithText ("mine");
    CHECK (savePreset (*preset, copy).sentence.contains ("there already"));
    CHECK (copy.loadFileAsString() == "mine");
    CHECK_FALSE (holdsPreset (copy.getFullPathName(), *preset));
    CHECK (savePreset (*preset, folder.getChildFile ("two.wav")).exists());
    CHECK (savePreset (*preset, folder.getChildFile ("not there/two.fxp")).exists());
    CHECK (folder.getNumberOfChildFiles (juce::File::findFiles) == 2); // nothing half written is left

    source.deleteFile();
    CHECK (readPreset (source.getFullPathName()) == nullptr);
    CHECK (readPreset ("relative.fxp") == nullptr);
    CHECK (readPreset ({}) == nullptr);
    CHECK (readPreset (folder.getFullPathName()) == nullptr);
    source.create();
    CHECK (readPreset (source.getFullPathName()) == nullptr);
    folder.deleteRecursively();
}
