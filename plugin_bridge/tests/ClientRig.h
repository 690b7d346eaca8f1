#pragma once

#include "BackendClient.h"
#include "FakeBackend.h"
#include "HeardFromLink.h"
#include "TemporaryFolder.h"

#include <catch2/catch.hpp>

namespace synthmatch
{

/** Short, but only where the end of the wait is what is expected. */
inline LinkSettings settingsFor (const juce::File& folder)
{
    LinkSettings settings;
    settings.folder = folder;
    settings.variable = [] (const juce::String&) { return juce::String(); };
    settings.times.firstRepeatS = 0.02;
    settings.times.longestRepeatS = 0.1;
    settings.times.answerS = settings.times.writeS = 60.0;
    settings.times.greetS = settings.times.startS = 60.0;
    settings.times.overdueS = 0.1;
    settings.times.lookS = settings.times.checkS = settings.times.loadingS = 0.02;
    return settings;
}

/** A user's folder with a fake backend in it, and a client. */
struct ClientRig
{
    explicit ClientRig (Faults faults = {}) : backend (std::make_unique<FakeBackend> (faults))
    {
        backend->announce (data.folder());
    }

    BackendClient& open (const juce::String& address = {})
    {
        if (client == nullptr)
            client = std::make_unique<BackendClient> (heard, settings);

        client->open (address);
        return *client;
    }

    BackendClient& connect (const juce::String& address = {})
    {
        open (address);
        REQUIRE (heard.waitForState (LinkState::connected));
        return *client;
    }

    TemporaryFolder data;
    std::unique_ptr<FakeBackend> backend;
    LinkSettings settings { settingsFor (data.folder()) };
    HeardFromLink heard;
    std::unique_ptr<BackendClient> client;
};

} // namespace synthmatch
