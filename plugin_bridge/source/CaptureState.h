#pragma once

namespace synthmatch
{

/** What is captured next, and how. */
enum class CaptureState
{
    listening,      // the look-back ring runs; Match takes its last seconds
    armedTransport, // recording begins when the host's transport starts, ends when it stops
    armedSound,     // recording begins with the first sound, ends with silence
    recording,      // until stopped by hand, by the transport or by silence
    captured        // a recording has ended and is what Match takes
};

} // namespace synthmatch
