#include "Region.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace synthmatch;

TEST_CASE ("A region of a sound spans all of it and knows its onset", "[region]")
{
    auto audio
        = sounds::joined ({ sounds::silence (48000.0, 0.5), sounds::tone (48000.0, 1.5, 440.0, 0.5f) });
    audio.setSample (0, 10, std::numeric_limits<float>::quiet_NaN());
    audio.setSample (1, 11, -std::numeric_limits<float>::infinity());
    const auto region = makeRegion (audio, 48000.0, "Bell");
    CHECK (region->name == "Bell");
    CHECK (region->lengthS() == 2.0);
    CHECK (region->startS == 0.0);
    CHECK (region->endS == 2.0);
    CHECK (region->onsetS == Approx (0.5));
    CHECK (region->audio.getSample (0, 10) == 0.0f);
    CHECK (region->audio.getSample (1, 11) == 0.0f);

    const auto empty = makeRegion (sounds::silence (48000.0, 0.0), 48000.0, "");
    CHECK (empty->lengthS() == 0.0);
    CHECK (empty->onsetS < 0.0);
}

TEST_CASE ("A trim lies within the sound and has a sample at least", "[region]")
{
    const auto region = makeRegion (sounds::counting (0, 1000), 1000.0, "Count");
    const auto trimmed = [&] (double startS, double endS) { return withTrim (*region, startS, endS); };
    const auto nan = std::numeric_limits<double>::quiet_NaN();

    CHECK (trimmed (0.2, 0.7)->startS == 0.2);
    CHECK (trimmed (0.2, 0.7)->endS == 0.7);
    CHECK (sounds::sameBits (trimmedAudio (*trimmed (0.2, 0.7)), sounds::counting (200, 500)));
    CHECK (sounds::sameBits (trimmedAudio (*trimmed (-5.0, 99.0)), sounds::counting (0, 1000)));
    CHECK (sounds::sameBits (trimmedAudio (*trimmed (0.5, 0.1)), sounds::counting (500, 1)));
    CHECK (sounds::sameBits (trimmedAudio (*trimmed (99.0, 100.0)), sounds::counting (999, 1)));
    CHECK (sounds::sameBits (trimmedAudio (*trimmed (nan, nan)), sounds::counting (0, 1000)));
    CHECK (trimmed (0.2, 0.7)->name == "Count");

    const auto empty = withTrim (Region(), 0.2, 0.7);
    CHECK (empty->endS == 0.0);
    CHECK (trimmedAudio (*empty).getNumSamples() == 0);
}

TEST_CASE ("Trims of a shared region show its samples and keep them alive", "[region]")
{
    std::shared_ptr<const Region> region = makeRegion (sounds::counting (0, 1000), 1000.0, "Count");
    const auto* samples = region->audio.getReadPointer (0);
    const std::weak_ptr<const Region> watched = region;
    auto trimmed = withTrim (*withTrim (*region, 0.1, 0.9), 0.2, 0.7);
    CHECK (trimmed->audio.getReadPointer (0) == samples);
    region = nullptr;
    CHECK_FALSE (watched.expired());
    CHECK (sounds::sameBits (trimmed->audio, sounds::counting (0, 1000)));
    const auto copy = *trimmed;
    trimmed = nullptr;
    CHECK (sounds::sameBits (trimmedAudio (copy), sounds::counting (200, 500)));

    const auto own = *makeRegion (sounds::counting (0, 1000), 1000.0, "Count");
    CHECK (withTrim (own, 0.2, 0.7)->audio.getReadPointer (0) != own.audio.getReadPointer (0));
}
