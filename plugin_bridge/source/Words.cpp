#include "Words.h"

namespace synthmatch::words
{

namespace
{
const char* const pitchClasses[] = { "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B" };

constexpr double beforeOnsetS = 0.05; // so that an attack keeps its beginning

/** A stage of a match, and which part of the bar it fills. */
struct Stage
{
    const char* name;
    const char* words;
    float from, to;
};
const Stage stages[] = { { "load", "Loading the model", 0.0f, 1.0f },
                         { "propose", "Listening to the sound", 0.0f, 0.25f },
                         { "render", "Trying candidates", 0.25f, 0.6f },
                         { "refine", "Refining", 0.6f, 0.95f },
                         { "write", "Writing presets", 0.95f, 1.0f } };

const Stage* stageNamed (const juce::String& name)
{
    for (const auto& stage : stages)
        if (name == stage.name)
            return &stage;
    return nullptr;
}

} // namespace

juce::String noteName (int pitch)
{
    const int clipped = juce::jlimit (0, 127, pitch);
    return pitchClasses[clipped % 12] + juce::String (clipped / 12 - 1);
}

juce::String seconds (double seconds)
{
    const double tenths = std::round (std::max (0.0, seconds) * 10.0) / 10.0;
    if (tenths >= 60.0)
    {
        const int whole = juce::roundToInt (seconds);
        const auto rest = whole % 60 == 0 ? juce::String() : " " + juce::String (whole % 60) + " s";
        return juce::String (whole / 60) + " min" + rest;
    }
    const bool isWhole = std::abs (tenths - std::round (tenths)) < 0.01;
    return (isWhole ? juce::String (juce::roundToInt (tenths)) : juce::String (tenths, 1)) + " s";
}

juce::String remaining (float seconds)
{
    if (seconds < 0.0f)
        return {};
    if (seconds < 1.0f)
        return "almost done";
    return words::seconds (std::ceil (seconds)) + " left";
}

juce::String similarity (float percent)
{
    return percent < 0.0f ? juce::String()
                          : juce::String (juce::roundToInt (std::min (percent, 100.0f))) + "%";
}

juce::String matchButton (const SessionView& view)
{
    if (view.capture == CaptureState::recording)
        return "Stop and match";
    return view.region != nullptr ? juce::String ("Match this sound")
                                  : "Match the last " + seconds (view.lookBackS);
}

bool isBusy (MatchState state)
{
    return state == MatchState::connecting || state == MatchState::writing || state == MatchState::matching
           || state == MatchState::improving;
}

juce::String progress (const SessionView& view)
{
    if (view.match == MatchState::connecting)
    {
        if (view.link.state == LinkState::starting)
            return "Starting the backend";
        return view.link.state == LinkState::connected ? "Loading the model" : "Connecting";
    }
    if (view.match == MatchState::writing)
        return "Preparing the sound";
    if (view.match == MatchState::improving)
        return "Looking for better ones";
    const auto* stage = stageNamed (view.stage);
    return stage != nullptr ? stage->words : "Waiting";
}

float progressFraction (const SessionView& view)
{
    if (view.match == MatchState::connecting)
        return view.link.state == LinkState::connected ? view.link.modelFraction : -1.0f;
    if (view.match == MatchState::writing)
        return 0.0f;
    if (view.match == MatchState::improving)
        return view.stage == "write" ? 1.0f : view.fraction;
    const auto* stage = stageNamed (view.stage);
    return stage != nullptr
               ? stage->from + (stage->to - stage->from) * juce::jlimit (0.0f, 1.0f, view.fraction)
               : -1.0f;
}

double heardEndS (double startS, double endS, double onsetS)
{
    const bool fromOnset = startS <= 0.0 && onsetS >= 0.0 && onsetS < endS;
    return std::min (endS, (fromOnset ? std::max (0.0, onsetS - beforeOnsetS) : startS) + heardS);
}

RegionPtr shownRegion (const SessionView& view)
{
    return view.capture == CaptureState::recording ? nullptr : view.region;
}

juce::String captureTitle (const SessionView& view)
{
    switch (view.capture)
    {
        case CaptureState::armedTransport: return "Ready: recording starts with the transport";
        case CaptureState::armedSound: return "Ready: recording starts with the first sound";
        case CaptureState::recording: return "Recording";
        case CaptureState::listening:
        case CaptureState::captured: break;
    }
    return view.region != nullptr ? view.region->name : juce::String ("Listening");
}

juce::String captureLength (const SessionView& view)
{
    if (view.capture == CaptureState::recording)
        return seconds (view.recordedS);
    const auto region = shownRegion (view);
    if (region == nullptr || region->lengthS() <= 0.0)
        return {};
    const double length = region->lengthS();
    const double taken = region->endS - region->startS;
    const auto text = taken < length - 0.05 ? seconds (taken) + " of " + seconds (length) : seconds (length);
    return heardEndS (region->startS, region->endS, region->onsetS) < region->endS - 0.05
               ? text + ", the first " + seconds (heardS) + " are matched"
               : text;
}

juce::String portName (int port) { return "port " + juce::String (port); }

juce::String instanceName (const protocol::Instance& instance)
{
    const auto name = instance.patch.replaceCharacter ('\\', '/').fromLastOccurrenceOf ("/", false, false);
    return name.isNotEmpty() ? name : portName (instance.port);
}

juce::String instanceMenuEntry (const protocol::Instance& instance)
{
    auto entry = instanceName (instance);
    if (entry != portName (instance.port))
        entry << ", " << portName (instance.port);
    if (instance.shared)
        return entry + ": two programs use this port";
    return instance.answers ? entry : entry + ": OSC Out is off";
}

bool chosenAnswers (const SessionView& view)
{
    return std::any_of (view.instances.begin(), view.instances.end(),
                        [&view] (const protocol::Instance& one) { return one.port == view.chosenPort; });
}

bool isAddress (const juce::String& address)
{
    auto words = juce::StringArray::fromTokens (address, false);
    words.removeEmptyStrings();
    return words.size() == 2 && words[0].containsOnly ("0123456789") && words[0].length() <= 5
           && words[0].getIntValue() > 0 && words[0].getIntValue() < 65536 && words[1].isNotEmpty();
}

bool isSoundFile (const juce::String& path)
{
    return juce::File::createFileWithoutCheckingPath (path).hasFileExtension ("wav;flac;aif;aiff;ogg;mp3");
}

} // namespace synthmatch::words
