#pragma once

namespace synthmatch
{

/** How large the window is, or was when it was closed, in the host's pixels; at first with room for eight
    candidates.
*/
struct WindowSize
{
    int width = 560;
    int height = 552;
};

} // namespace synthmatch
