#include "Loudness.h"
#include "Sounds.h"

#include <catch2/catch.hpp>

using synthmatch::levelMatch;
using synthmatch::loudnessLufs;

// The expected values are those of backend/audio/loudness.py for the same sounds.

TEST_CASE ("Loudness is that of BS.1770, and the backend's, at any rate", "[loudness]")
{
    const auto rateHz = GENERATE (44100.0, 48000.0, 96000.0, 192000.0);
    CAPTURE (rateHz);
    const auto of
        = [&] (const sounds::Audio& audio) { return Approx (loudnessLufs (audio, rateHz)).margin (0.05); };
    CHECK (-6.0206 == of (sounds::tone (rateHz, 2.0, 997.0, 0.5f)));
    CHECK (-9.0309 == of (sounds::tone (rateHz, 2.0, 997.0, 0.5f, 1)));
    CHECK (-9.6140 == of (sounds::tone (rateHz, 2.0, 60.0, 0.5f)));
    CHECK (-2.6722 == of (sounds::tone (rateHz, 2.0, 8000.0, 0.5f)));
    CHECK (-6.7068 == of (sounds::tone (rateHz, 0.2, 440.0, 0.5f)));
    CHECK (-7.4091
           == of (sounds::joined ({ sounds::tone (rateHz, 1.0, 440.0, 0.5f), sounds::silence (rateHz, 3.0),
                                    sounds::tone (rateHz, 1.0, 440.0, 0.005f) })));
}

TEST_CASE ("Silence has no loudness", "[loudness]")
{
    CHECK (std::isinf (loudnessLufs (sounds::silence (48000.0, 1.0), 48000.0)));
    CHECK (std::isinf (loudnessLufs (sounds::silence (48000.0, 0.0), 48000.0)));
    CHECK (std::isinf (loudnessLufs (sounds::tone (48000.0, 1.0, 440.0, 1.0e-5f), 48000.0)));
}

TEST_CASE ("A candidate is brought to its target, as the backend does it", "[loudness]")
{
    const auto quiet = sounds::tone (48000.0, 2.0, 440.0, 0.1f);
    const auto loud = sounds::tone (44100.0, 0.5, 3000.0, 0.9f, 1);
    SECTION ("a loud one is turned down")
    {
        const auto match = levelMatch (quiet, 48000.0, loud, 44100.0);
        CHECK (match.targetGain == 1.0f);
        CHECK (match.candidateGain == Approx (0.085749f).epsilon (0.01));
    }
    SECTION ("for a quiet one that would clip, both are")
    {
        const auto match = levelMatch (loud, 44100.0, quiet, 48000.0);
        CHECK (match.targetGain == Approx (0.847675f).epsilon (0.01));
        CHECK (match.candidateGain == Approx (9.885531f).epsilon (0.01));
        CHECK (0.1f * match.candidateGain <= 0.99f);
    }
}

TEST_CASE ("Two equal sounds stay as they are; one that clips is turned down", "[loudness]")
{
    const auto audio = sounds::tone (48000.0, 1.0, 440.0, 0.5f);
    const auto same = levelMatch (audio, 48000.0, audio, 48000.0);
    CHECK (same.targetGain == Approx (1.0f));
    CHECK (same.candidateGain == Approx (1.0f));

    const auto over = sounds::tone (48000.0, 1.0, 440.0, 4.0f);
    const auto down = levelMatch (over, 48000.0, over, 48000.0);
    CHECK (down.targetGain * 4.0f == Approx (0.98855f).epsilon (0.001));
    CHECK (down.candidateGain == Approx (down.targetGain));
}

TEST_CASE ("Where nothing is heard, nothing is made loud", "[loudness]")
{
    const auto audio = sounds::tone (48000.0, 1.0, 440.0, 0.5f);
    for (const auto& nothing : { sounds::silence (48000.0, 1.0), sounds::silence (48000.0, 0.0) })
    {
        CHECK (levelMatch (audio, 48000.0, nothing, 48000.0).candidateGain == 1.0f);
        CHECK (levelMatch (nothing, 48000.0, audio, 48000.0).candidateGain == 1.0f);
        CHECK (levelMatch (nothing, 48000.0, audio, 48000.0).targetGain == 1.0f);
    }
}
