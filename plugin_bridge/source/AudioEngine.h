#pragma once

#include "Region.h"

#include <optional>

namespace synthmatch
{

/** Everything that happens on the audio thread: look-back ring, recording, audition.

    Skeleton: see the owner's version.
*/
class AudioEngine
{
};

} // namespace synthmatch
