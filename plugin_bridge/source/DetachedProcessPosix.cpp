#include "DetachedProcess.h"

#if ! JUCE_WINDOWS

 #include <cerrno>
 #include <csignal>
 #include <cstring>
 #include <fcntl.h>
 #include <poll.h>
 #include <spawn.h>
 #include <string>
 #include <sys/wait.h>
 #include <unistd.h>
 #include <vector>

 #if JUCE_MAC
  #include <crt_externs.h>
 #else
extern char** environ;
 #endif

namespace synthmatch
{

namespace
{

/** Where the process finds the end of the pipe by which we see whether it lives. */
constexpr int lifeline = 3;
constexpr int aboveAllRedirected = 10;
constexpr int shellWaitMs = 5000;

/** Starts "$@" in the folder "$0" and leaves, so that it is nobody's child. */
constexpr auto script = "cd \"$0\" && { \"$@\" & }";

/** A file descriptor that is closed here, and is not inherited. */
struct Descriptor
{
    Descriptor() = default;
    explicit Descriptor (int numberToOwn) : number (numberToOwn) {}
    Descriptor (const Descriptor&) = delete;
    Descriptor& operator= (const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number >= 0)
            ::close (number);
    }

    int number = -1;
};

char** environmentOfHost()
{
   #if JUCE_MAC
    return *_NSGetEnviron();
   #else
    return environ;
   #endif
}

std::vector<std::string> environmentOf (const ProcessStart& start)
{
    std::vector<std::string> lines;

    for (auto** line = environmentOfHost(); line != nullptr && *line != nullptr; ++line)
    {
        const auto name = juce::String::fromUTF8 (*line, static_cast<int> (std::strcspn (*line, "=")));

        if (! isOfHostsOnly (name) && ! start.variables.getAllKeys().contains (name))
            lines.emplace_back (*line);
    }

    for (const auto& name : start.variables.getAllKeys())
        lines.push_back ((name + "=" + start.variables[name]).toStdString());

    return lines;
}

std::vector<char*> pointersTo (std::vector<std::string>& texts)
{
    std::vector<char*> pointers;

    for (auto& text : texts)
        pointers.push_back (text.data());

    pointers.push_back (nullptr);
    return pointers;
}

/** What the process gets instead of the host's files. */
class FileActions
{
public:
    FileActions (const juce::File& log, int lifelineHere)
    {
        posix_spawn_file_actions_init (&actions);
        posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen (&actions, 1, log.getFullPathName().toRawUTF8(),
                                          O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_adddup2 (&actions, 1, 2);
        posix_spawn_file_actions_adddup2 (&actions, lifelineHere, lifeline);
        closeAllOthers();
    }
    FileActions (const FileActions&) = delete;
    FileActions& operator= (const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy (&actions); }

    posix_spawn_file_actions_t actions;

private:
    void closeAllOthers()
    {
       #if defined(__GLIBC__)
        #if __GLIBC_PREREQ(2, 34)
        posix_spawn_file_actions_addclosefrom_np (&actions, lifeline + 1);
        return;
        #endif
       #endif
       #if ! JUCE_MAC // which closes all that no action names: see Attributes
        const juce::File open ("/proc/self/fd");

        for (const auto& entry : juce::RangedDirectoryIterator (open, false, "*", juce::File::findFiles))
            if (const auto number = entry.getFile().getFileName().getIntValue(); number > lifeline)
                posix_spawn_file_actions_addclose (&actions, number);
       #endif
    }
};

/** A session of its own, and no signal blocked or ignored because the host does so. */
class Attributes
{
public:
    Attributes()
    {
        sigset_t none, usual;
        sigemptyset (&none);
        sigemptyset (&usual);

        for (const auto number : { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD, SIGUSR1 })
            sigaddset (&usual, number);

        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
       #ifdef POSIX_SPAWN_SETSID
        flags |= POSIX_SPAWN_SETSID;
       #else
        flags |= POSIX_SPAWN_SETPGROUP;
       #endif
       #ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
       #endif
        posix_spawnattr_init (&attributes);
        posix_spawnattr_setsigmask (&attributes, &none);
        posix_spawnattr_setsigdefault (&attributes, &usual);
        posix_spawnattr_setflags (&attributes, flags);
    }
    Attributes (const Attributes&) = delete;
    Attributes& operator= (const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy (&attributes); }

    posix_spawnattr_t attributes;
};

/** Whether the shell has left in time and well. The host may have collected it before us. */
bool hasLeft (pid_t shell)
{
    for (int waitedMs = 0; waitedMs < shellWaitMs; ++waitedMs)
    {
        int status = 0;
        const auto ended = ::waitpid (shell, &status, WNOHANG);

        if (ended < 0 && errno != EINTR)
            return true;

        if (ended == shell)
            return WIFEXITED (status) && WEXITSTATUS (status) == 0;

        juce::Thread::sleep (1);
    }

    return false;
}

} // namespace

struct DetachedProcess::Native
{
    Descriptor life; // reads the end of the pipe once the process, which holds the other end, is gone
};

DetachedProcess::DetachedProcess (std::unique_ptr<Native> nativeToUse) : native (std::move (nativeToUse)) {}
DetachedProcess::~DetachedProcess() = default;

bool DetachedProcess::hasEnded() const
{
    pollfd look { native->life.number, POLLIN, 0 };
    return ::poll (&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

std::unique_ptr<DetachedProcess> DetachedProcess::start (const ProcessStart& start, juce::String& fault)
{
    int ends[2];
   #if JUCE_LINUX || JUCE_BSD
    const auto made = ::pipe2 (ends, O_CLOEXEC) == 0;
   #else
    const auto made = ::pipe (ends) == 0;
   #endif

    if (! made)
    {
        fault = std::strerror (errno);
        return nullptr;
    }

    auto native = std::make_unique<Native>();
    const Descriptor read (ends[0]), written (ends[1]);
    native->life.number = ::fcntl (ends[0], F_DUPFD_CLOEXEC, aboveAllRedirected);
    const Descriptor lifelineHere (::fcntl (ends[1], F_DUPFD_CLOEXEC, aboveAllRedirected));
    const FileActions files (start.log, lifelineHere.number);
    const Attributes attributes;

    std::vector<std::string> words { "sh", "-c", script, start.folder.getFullPathName().toStdString() };

    for (const auto& word : start.words)
        words.push_back (word.toStdString());

    auto variables = environmentOf (start);
    pid_t shell = 0;
    const auto error = ::posix_spawn (&shell, "/bin/sh", &files.actions, &attributes.attributes,
                                      pointersTo (words).data(), pointersTo (variables).data());

    if (error != 0)
    {
        fault = std::strerror (error);
        return nullptr;
    }

    if (! hasLeft (shell))
    {
        fault = start.folder.getFullPathName() + " cannot be entered";
        return nullptr;
    }

    return std::unique_ptr<DetachedProcess> (new DetachedProcess (std::move (native)));
}

} // namespace synthmatch

#endif
