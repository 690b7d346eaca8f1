#include "Words.h"

namespace synthmatch::words
{

namespace
{
const char* const pitchClasses[] = { "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B" };

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

juce::String withoutEnding (const juce::String& text) { return text.trimCharactersAtEnd (". "); }
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
        return view.fraction;
    const auto* stage = stageNamed (view.stage);
    return stage != nullptr
               ? stage->from + (stage->to - stage->from) * juce::jlimit (0.0f, 1.0f, view.fraction)
               : -1.0f;
}

double heardEndS (double startS, double endS, double onsetS)
{
    const bool onsetIsTaken = onsetS > startS && onsetS < endS;
    return std::min (endS, (onsetIsTaken ? onsetS : startS) + heardS);
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

juce::String instanceName (const protocol::Instance& instance)
{
    const auto name = instance.patch.replaceCharacter ('\\', '/').fromLastOccurrenceOf ("/", false, false);
    return name.isNotEmpty() ? name : juce::String ("Surge XT");
}

juce::String instanceMenuEntry (const protocol::Instance& instance)
{
    auto entry = instanceName (instance) + ", port " + juce::String (instance.port);
    if (instance.shared)
        return entry + ": two programs use this port";
    return instance.answers ? entry : entry + ": OSC Out is off";
}

bool chosenAnswers (const SessionView& view)
{
    return std::any_of (view.instances.begin(), view.instances.end(),
                        [&view] (const protocol::Instance& one) { return one.port == view.chosenPort; });
}

const CandidateView* selectedCandidate (const SessionView& view)
{
    return juce::isPositiveAndBelow (view.selected, (int) view.candidates.size())
               ? &view.candidates[(size_t) view.selected]
               : nullptr;
}

bool canHearTarget (const SessionView& view) { return view.region != nullptr || ! view.candidates.empty(); }

bool canHearCandidate (const SessionView& view)
{
    const auto* candidate = selectedCandidate (view);
    return candidate != nullptr && candidate->renderPath.isNotEmpty();
}

Audition otherAudition (const SessionView& view, Audition last)
{
    if (last == Audition::target && canHearCandidate (view))
        return Audition::candidate;
    return canHearTarget (view) ? Audition::target : Audition::none;
}

juce::String writeStatus (const SessionView& view)
{
    const auto* candidate = selectedCandidate (view);
    const auto subject = candidate != nullptr ? "Candidate " + juce::String (candidate->rank)
                                              : juce::String ("Your patch");
    switch (view.write)
    {
        case WriteState::none: return {};
        case WriteState::writing: return subject + " is being written";
        case WriteState::verified:
            return candidate != nullptr ? subject + " is in Surge XT" : "Your patch is back";
        case WriteState::unverified: return subject + " was sent, unconfirmed";
        case WriteState::queued: return subject + " waits for playback";
        case WriteState::differs: return subject + " differs in Surge XT";
        case WriteState::failed: return subject + " was not written";
    }
    return {};
}

juce::String candidateName (const SessionView& view, int index)
{
    const auto& candidate = view.candidates[(size_t) index];
    juce::StringArray parts { "Candidate " + juce::String (candidate.rank) };
    if (candidate.similarity >= 0.0f)
        parts.add (similarity (candidate.similarity) + " similar");
    parts.add ("note " + noteName (candidate.note.pitch));
    for (const auto& tell : candidate.tells)
        parts.add (tell);
    auto name = parts.joinIntoString (", ");
    if (index == view.selected && view.write != WriteState::none)
    {
        name << ". " << writeStatus (view) << ".";
        if (view.writeRemark.isNotEmpty())
            name << " " << withoutEnding (view.writeRemark) << ".";
    }
    return name;
}

std::vector<std::vector<juce::String>> tellsApart (const std::vector<CandidateView>& candidates)
{
    const auto isShared = [&candidates] (const juce::String& tell)
    {
        return candidates.size() > 1
               && std::all_of (
                   candidates.begin(), candidates.end(), [&tell] (const CandidateView& candidate)
                   { return std::count (candidate.tells.begin(), candidate.tells.end(), tell) > 0; });
    };
    std::vector<std::vector<juce::String>> apart;
    for (const auto& candidate : candidates)
    {
        auto tells = candidate.tells;
        tells.erase (std::remove_if (tells.begin(), tells.end(), isShared), tells.end());
        apart.push_back (tells.empty() ? candidate.tells : tells);
    }
    return apart;
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
