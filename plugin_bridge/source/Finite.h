#pragma once

#include <cstdint>
#include <cstring>

namespace synthmatch
{

/** The sample, or 0 where it is NaN or infinite. By its bits, so that no compiler option can change it. */
inline float finiteOrZero (float sample) noexcept
{
    std::uint32_t bits;
    std::memcpy (&bits, &sample, sizeof (bits));
    return (bits & 0x7f800000u) == 0x7f800000u ? 0.0f : sample;
}

} // namespace synthmatch
