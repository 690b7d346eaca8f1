#include "Discovery.h"

#include "JsonFile.h"
#include "Protocol.h"

#if JUCE_WINDOWS
 #define WIN32_LEAN_AND_MEAN 1
 #define NOMINMAX 1
 #include <windows.h>
#else
 #include <cerrno>
 #include <fcntl.h>
 #include <sys/file.h>
 #include <unistd.h>
#endif

namespace synthmatch
{

namespace
{

constexpr int tokenCharacters = 32;

bool isToken (const juce::String& token)
{
    return token.length() == tokenCharacters
           && token.containsOnly ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool isPort (int port) { return port > 0 && port < 65536; }

std::optional<Discovery> parse (const juce::var& values)
{
    for (const auto* number : { "pid", "port", "protocol" })
        if (! values[number].isInt())
            return {};

    for (const auto* text : { "token", "version" })
        if (! values[text].isString())
            return {};

    const Discovery found { values["pid"], values["port"], values["token"], values["version"],
                            values["protocol"] };
    return isPort (found.port) && isToken (found.token) ? std::optional<Discovery> { found } : std::nullopt;
}

} // namespace

juce::String dataFolderPath (System system, const juce::String& home, const Variables& variable)
{
    if (const auto named = variable ("SYNTHMATCH_DATA"); named.isNotEmpty())
        return named;

    if (system == System::mac)
        return home + "/Library/Application Support/Synthmatch";

    if (system == System::windows)
    {
        const auto local = variable ("LOCALAPPDATA");
        return (local.isNotEmpty() ? local : home + "\\AppData\\Local") + "\\Synthmatch";
    }

    // A relative path is to be ignored (XDG Base Directory Specification).
    const auto named = variable ("XDG_DATA_HOME");
    return (named.startsWithChar ('/') ? named : home + "/.local/share") + "/synthmatch";
}

juce::String environmentVariable (const juce::String& name)
{
    return juce::SystemStats::getEnvironmentVariable (name, {});
}

juce::File dataFolder()
{
   #if JUCE_WINDOWS
    const auto system = System::windows;
   #elif JUCE_MAC
    const auto system = System::mac;
   #else
    const auto system = System::linux_;
   #endif
    const auto home = juce::File::getSpecialLocation (juce::File::userHomeDirectory).getFullPathName();
    const auto path = dataFolderPath (system, home, environmentVariable);
    return juce::File::getCurrentWorkingDirectory().getChildFile (path);
}

DiscoveryReading readDiscovery (const juce::File& folder)
{
    const auto file = folder.getChildFile ("backend.json");
    const auto read = readJsonFile (file);

    if (read.state == JsonFile::State::missing)
        return { {}, { "No backend is running.", "Click Match to start it." } };

    if (read.state == JsonFile::State::unreadable)
        return { {},
                 { file.getFullPathName() + " cannot be read.",
                   "Check the permissions of that file, or delete it, and try again." } };

    const auto found = parse (read.values);

    if (! found)
        return { {},
                 { file.getFullPathName() + " does not say where the backend is: it is damaged.",
                   "End the backend with \"synthmatch stop\" in a terminal, then try again." } };

    return { found, versionProblem (*found) };
}

Problem versionProblem (const Discovery& found)
{
    if (found.protocol == protocol::version)
        return {};

    juce::String sentence ("The backend that runs");

    if (found.version.isNotEmpty())
        sentence << " (Synthmatch " << found.version << ")";

    sentence << " speaks version " << found.protocol << " of the protocol, and this plugin version "
             << protocol::version << ".";

    if (found.protocol > protocol::version)
        return { sentence, "Install the plugin of the same Synthmatch, and load it again." };

    return { sentence,
             "End the backend with \"synthmatch stop\" in a terminal, install the Synthmatch of this plugin, "
             "and try again." };
}

bool isStillThere (const juce::File& folder, const Discovery& backend)
{
    const auto found = readDiscovery (folder).found;
    return found && found->port == backend.port && found->token == backend.token && isBackendRunning (folder);
}

std::optional<Discovery> readAddress (const juce::String& address)
{
    const auto words = juce::StringArray::fromTokens (address.trim(), " \t,:", {});
    juce::StringArray parts;

    for (const auto& word : words)
        if (word.isNotEmpty())
            parts.add (word);

    const auto isNumber = parts.size() == 2 && parts[0].length() <= 5 && parts[0].containsOnly ("0123456789");

    if (! isNumber || ! isPort (parts[0].getIntValue()) || ! isToken (parts[1]))
        return {};

    return Discovery { 0, parts[0].getIntValue(), parts[1], {}, protocol::version };
}

#if JUCE_WINDOWS

bool isBackendRunning (const juce::File& folder)
{
    const auto path = folder.getChildFile ("backend.lock").getFullPathName();
    const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const auto file = CreateFileW (path.toWideCharPointer(), GENERIC_READ | GENERIC_WRITE, shared, nullptr,
                                   OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);

    if (file == INVALID_HANDLE_VALUE)
        return false;

    OVERLAPPED place {};
    place.Offset = 1u << 30; // the one byte that backend/discovery.py locks
    const auto free = LockFileEx (file, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) != 0;

    if (free)
        UnlockFileEx (file, 0, 1, 0, &place);

    CloseHandle (file);
    return ! free;
}

#else

bool isBackendRunning (const juce::File& folder)
{
    const auto path = folder.getChildFile ("backend.lock").getFullPathName();
    const auto file = ::open (path.toRawUTF8(), O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;

    // Shared, so that several readers do not take each other for a backend.
    const auto held = ::flock (file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close (file); // which releases it
    return held;
}

#endif

} // namespace synthmatch
