#include "BackendSearch.h"

namespace synthmatch
{

BackendSearch::BackendSearch (juce::String addressGiven, const LinkSettings& settingsToUse, double nowS)
    : address (std::move (addressGiven)), settings (settingsToUse), beganS (nowS)
{
}

BackendSearch::Result BackendSearch::look (double nowS)
{
    if (address.isNotEmpty())
    {
        if (const auto given = readAddress (address))
            return { State::found, *given, {} };

        return fail ("The address of the backend cannot be read: it must be its port and its token.",
                     "Both are in backend.json, in the backend's data folder; or leave the address empty.");
    }

    const auto ended = process != nullptr && process->hasEnded(); // asked first: then what it left is there
    const auto reading = readDiscovery (settings.folder);
    const auto running = isBackendRunning (settings.folder);

    if (running && reading.found && reading.problem.exists())
        return { State::failed, *reading.found, reading.problem };

    if (running && reading.found)
        return { State::found, *reading.found, {} };

    if (! running && ended)
    {
        const auto said = BackendProcess::lastLine (settings.folder);
        const auto why = said.isEmpty() ? juce::String ("it ended without a word.") : said;
        return fail ("The backend does not start: " + why, seeLogs());
    }

    if (! running && process == nullptr)
    {
        Problem problem;
        process = BackendProcess::start (settings.folder, settings.variable, problem);

        if (process == nullptr)
            return { State::failed, {}, problem };
    }

    if (nowS - beganS < settings.times.startS)
        return { State::starting, {}, {} };

    if (running && settings.folder.getChildFile ("backend.json").exists())
        return { State::failed, {}, reading.problem };

    const auto said = BackendProcess::lastLine (settings.folder);
    const auto waitedS = juce::String (juce::roundToInt (settings.times.startS));
    return fail ("The backend was not ready after " + waitedS + " s"
                     + (said.isEmpty() ? juce::String (".") : "; the last it said was: " + said),
                 seeLogs());
}

BackendSearch::Result BackendSearch::fail (const juce::String& sentence, const juce::String& nextStep) const
{
    return { State::failed, {}, { sentence, nextStep } };
}

juce::String BackendSearch::seeLogs() const
{
    return "Look into " + logFolder (settings.folder).getFullPathName()
           + ", or start it in a terminal with \"synthmatch serve\".";
}

} // namespace synthmatch
