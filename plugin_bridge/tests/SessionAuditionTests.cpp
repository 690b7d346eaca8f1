#include "SessionRig.h"

#include "Loudness.h"

using namespace synthmatch;
using namespace synthmatch::fake;

namespace
{
    struct Heard : Rig
    {
        /** What comes out of the plugin while the track is silent, until nothing is auditioned any more. */
        juce::AudioBuffer<float> untilItEnds()
        {
            std::vector<juce::AudioBuffer<float>> blocks;
            do
            {
                juce::AudioBuffer<float> block (2, blockSamples);
                block.clear();
                engine.process (block, true, false);
                blocks.push_back (block);
            } while (engine.isPlaying() && blocks.size() < 10000);
            return sounds::joined (blocks);
        }

        bool hears (Audition what)
        {
            return shows ([what] (const auto& view) { return view.audition == what; });
        }

        void render (int candidate, float amplitude)
        {
            const auto sound = makeRegion (sounds::tone (44100.0, 4.0, 440.0, amplitude), 44100.0, "Render");
            writeRegion (*sound, backend.folder)
                .file.moveFileTo (backend.folder.getChildFile ("1-" + juce::String (candidate) + ".wav"));
        }
    };
}

TEST_CASE_METHOD (Heard, "Target and candidate are heard equally loud, and end by themselves", "[audition]")
{
    render (1, 0.02f);
    render (2, 0.9f);
    hearTone();
    session.match();
    REQUIRE (isDone());
    REQUIRE (holds (1));

    session.setAudition (Audition::target);
    REQUIRE (hears (Audition::target));
    const auto target = untilItEnds();
    CHECK (hears (Audition::none));

    session.setAudition (Audition::candidate);
    REQUIRE (hears (Audition::candidate));
    const auto first = untilItEnds();
    CHECK (hears (Audition::none));
    CHECK (loudnessLufs (first, rateHz) == Approx (loudnessLufs (target, rateHz)).margin (0.3));

    session.select (1);
    session.setAudition (Audition::candidate);
    REQUIRE (hears (Audition::candidate));
    const auto second = untilItEnds();
    CHECK (loudnessLufs (second, rateHz) == Approx (loudnessLufs (target, rateHz)).margin (0.3));
    CHECK (second.getMagnitude (0, second.getNumSamples()) <= 1.0f);
}

TEST_CASE_METHOD (Heard, "Another selection is heard while a candidate is", "[audition]")
{
    for (const auto candidate : { 1, 2 })
        render (candidate, 0.5f);
    hearTone();
    session.match();
    REQUIRE (isDone());
    REQUIRE (holds (1));
    session.setAudition (Audition::candidate);
    REQUIRE (hears (Audition::candidate));
    session.selectNext();
    REQUIRE (holds (2));
    CHECK (session.view()->audition == Audition::candidate);
    session.selectNext(); // it has no render
    REQUIRE (holds (3));
    CHECK (hears (Audition::none));
    CHECK (session.view()->problem.sentence.contains ("no sound"));
}

TEST_CASE_METHOD (Heard, "What cannot be heard is told", "[audition]")
{
    const auto tells = [this] (const char* words)
    {
        const auto told = shows ([&] (const auto& view) { return view.problem.sentence.contains (words); });
        session.dismissProblem();
        settle();
        return told && session.view()->audition == Audition::none;
    };
    session.setAudition (Audition::target);
    CHECK (tells ("no captured sound"));
    session.setAudition (Audition::candidate);
    CHECK (tells ("no preset"));

    render (1, 0.5f);
    hearTone();
    session.match();
    REQUIRE (isDone());
    REQUIRE (holds (1));
    backend.folder.getChildFile ("1-1.wav").deleteFile();
    session.setAudition (Audition::candidate);
    CHECK (tells ("gone"));
    session.select (1);
    REQUIRE (holds (2));
    session.setAudition (Audition::candidate);
    CHECK (tells ("no sound"));
    session.setAudition (Audition::target);
    CHECK (hears (Audition::target));
    session.setAudition (Audition::none);
    CHECK (hears (Audition::none));
}

TEST_CASE ("Before the host processes audio, nothing can be heard, and that is told", "[audition]")
{
    Backend backend;
    AudioEngine engine; // not prepared
    Session::Outside outside;
    outside.makeLink = [&] (BackendLink::Listener& listener) { return std::make_unique<Link> (backend, listener); };
    Session session (engine, outside);
    const auto sound = makeRegion (sounds::tone (44100.0, 1.0, 440.0, 0.5f), 44100.0, "Bell");
    session.loadFile (writeRegion (*sound, backend.folder).file);
    session.setAudition (Audition::target);
    CHECK (comesTrue ([&] { return session.view()->problem.sentence.contains ("plays nothing"); }));
    CHECK (session.view()->audition == Audition::none);
}
