#include "DetachedProcess.h"

#if JUCE_WINDOWS

 #define WIN32_LEAN_AND_MEAN 1
 #define NOMINMAX 1
 #include <windows.h>

 #include <string>
 #include <vector>

namespace synthmatch
{

namespace
{

/** A handle that is closed here. */
struct Handle
{
    Handle() = default;
    explicit Handle (HANDLE handleToOwn) : handle (handleToOwn) {}
    Handle (const Handle&) = delete;
    Handle& operator= (const Handle&) = delete;
    ~Handle()
    {
        if (isOpen())
            CloseHandle (handle);
    }

    bool isOpen() const { return handle != nullptr && handle != INVALID_HANDLE_VALUE; }

    HANDLE handle = nullptr;
};

HANDLE openInheritable (const juce::String& path, DWORD access, DWORD how)
{
    SECURITY_ATTRIBUTES inherited { sizeof (SECURITY_ATTRIBUTES), nullptr, TRUE };
    const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    return CreateFileW (path.toWideCharPointer(), access, shared, &inherited, how, FILE_ATTRIBUTE_NORMAL,
                        nullptr);
}

/** One word so that CommandLineToArgvW gives it back. */
juce::String quoted (const juce::String& word)
{
    if (word.isNotEmpty() && ! word.containsAnyOf (" \t\n\v\""))
        return word;

    juce::String result ("\"");
    int backslashes = 0;

    for (auto letter = word.getCharPointer(); ! letter.isEmpty(); ++letter)
    {
        if (*letter == '\\')
        {
            ++backslashes;
            continue;
        }

        const auto doubled = *letter == '"' ? 2 * backslashes + 1 : backslashes;
        result << juce::String::repeatedString ("\\", doubled) << juce::String::charToString (*letter);
        backslashes = 0;
    }

    return result + juce::String::repeatedString ("\\", 2 * backslashes) + "\"";
}

/** The host's environment, changed, as CreateProcessW takes it: sorted, a NUL behind each and at the end. */
std::wstring environmentOf (const ProcessStart& start)
{
    juce::StringArray lines;
    auto* const all = GetEnvironmentStringsW();

    for (auto* line = all; line != nullptr && *line != 0; line += wcslen (line) + 1)
    {
        const juce::String text (line);
        const auto name = text.substring (0, text.indexOfChar (1, '='));

        if (! isOfHostsOnly (name.toUpperCase()) && ! start.variables.getAllKeys().contains (name, true))
            lines.add (text);
    }

    if (all != nullptr)
        FreeEnvironmentStringsW (all);

    for (const auto& name : start.variables.getAllKeys())
        lines.add (name + "=" + start.variables[name]);

    lines.sort (true);
    std::wstring block;

    for (const auto& line : lines)
        block.append (line.toWideCharPointer()).push_back (0);

    block.push_back (0);
    return block;
}

/** Lets a process inherit these handles and no other. */
class InheritedHandles
{
public:
    explicit InheritedHandles (std::vector<HANDLE> handlesToInherit) : handles (std::move (handlesToInherit))
    {
        SIZE_T size = 0;
        InitializeProcThreadAttributeList (nullptr, 1, 0, &size);
        memory.resize (size);
        auto* made = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST> (memory.data());

        if (! InitializeProcThreadAttributeList (made, 1, 0, &size))
            return;

        list = made;
        UpdateProcThreadAttribute (list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
                                   handles.size() * sizeof (HANDLE), nullptr, nullptr);
    }
    InheritedHandles (const InheritedHandles&) = delete;
    InheritedHandles& operator= (const InheritedHandles&) = delete;
    ~InheritedHandles()
    {
        if (list != nullptr)
            DeleteProcThreadAttributeList (list);
    }

    LPPROC_THREAD_ATTRIBUTE_LIST list = nullptr;

private:
    std::vector<HANDLE> handles;
    std::vector<char> memory;
};

juce::String lastError()
{
    return "error " + juce::String (static_cast<int> (GetLastError())) + " of Windows";
}

} // namespace

struct DetachedProcess::Native
{
    Handle process;
};

DetachedProcess::DetachedProcess (std::unique_ptr<Native> nativeToUse) : native (std::move (nativeToUse)) {}
DetachedProcess::~DetachedProcess() = default;

bool DetachedProcess::hasEnded() const
{
    return WaitForSingleObject (native->process.handle, 0) == WAIT_OBJECT_0;
}

std::unique_ptr<DetachedProcess> DetachedProcess::start (const ProcessStart& start, juce::String& fault)
{
    const Handle nothing (openInheritable ("NUL", GENERIC_READ, OPEN_EXISTING));
    const Handle log (openInheritable (start.log.getFullPathName(), GENERIC_WRITE, CREATE_ALWAYS));

    if (! nothing.isOpen() || ! log.isOpen())
    {
        fault = lastError();
        return nullptr;
    }

    juce::StringArray words;

    for (const auto& word : start.words)
        words.add (quoted (word));

    const InheritedHandles inherited ({ nothing.handle, log.handle });
    STARTUPINFOEXW info {};
    info.StartupInfo.cb = sizeof (info);
    info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    info.StartupInfo.hStdInput = nothing.handle;
    info.StartupInfo.hStdOutput = log.handle;
    info.StartupInfo.hStdError = log.handle;
    info.lpAttributeList = inherited.list;

    std::wstring line (words.joinIntoString (" ").toWideCharPointer());
    auto variables = environmentOf (start);
    const DWORD usual = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT
                        | EXTENDED_STARTUPINFO_PRESENT;
    PROCESS_INFORMATION made {};
    const auto folder = start.folder.getFullPathName();
    const auto create = [&] (DWORD flags) {
        return CreateProcessW (nullptr, line.data(), nullptr, nullptr, TRUE, flags, variables.data(),
                               folder.toWideCharPointer(), &info.StartupInfo, &made)
               != 0;
    };

    // A host that runs in a job would take its processes with it; not every job lets them go.
    const auto done = create (usual | CREATE_BREAKAWAY_FROM_JOB) || create (usual);

    if (! done)
    {
        fault = lastError();
        return nullptr;
    }

    CloseHandle (made.hThread);
    auto native = std::make_unique<Native>();
    native->process.handle = made.hProcess;
    return std::unique_ptr<DetachedProcess> (new DetachedProcess (std::move (native)));
}

} // namespace synthmatch

#endif
