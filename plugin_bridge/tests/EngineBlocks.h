#pragma once

#include "AudioEngine.h"
#include "Sounds.h"

/** How the host's transport is while a test's track plays. */
enum class Transport
{
    unknown,
    stopped,
    playing
};

/** What an engine makes of a track. */
inline sounds::Audio through (synthmatch::AudioEngine& engine, const sounds::Audio& track,
                              int blockSamples = 512, Transport transport = Transport::stopped)
{
    return sounds::inBlocks (
        track, blockSamples, [&] (sounds::Audio& block)
        { engine.process (block, transport != Transport::unknown, transport == Transport::playing); });
}

inline std::shared_ptr<const sounds::Audio> shared (sounds::Audio audio)
{
    return std::make_shared<const sounds::Audio> (std::move (audio));
}
