#pragma once

#include <juce_core/juce_core.h>

#if ! JUCE_WINDOWS
 #include <fcntl.h>
 #include <sys/file.h>
 #include <unistd.h>
#endif

namespace synthmatch
{

/** The lock that a backend holds as long as it lives, as backend/discovery.py takes it. Not on Windows. */
class HeldLock
{
public:
    enum class Kind
    {
        exclusive,
        shared
    };

    explicit HeldLock (const juce::File& dataFolder, [[maybe_unused]] Kind kind = Kind::exclusive)
    {
       #if ! JUCE_WINDOWS
        const auto path = dataFolder.getChildFile ("backend.lock").getFullPathName();
        file = ::open (path.toRawUTF8(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ::flock (file, kind == Kind::exclusive ? LOCK_EX : LOCK_SH);
       #endif
    }

    ~HeldLock()
    {
       #if ! JUCE_WINDOWS
        ::close (file);
       #endif
    }

private:
    int file = -1;

    JUCE_DECLARE_NON_COPYABLE (HeldLock)
};

} // namespace synthmatch
