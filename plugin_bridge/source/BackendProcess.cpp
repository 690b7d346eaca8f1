#include "BackendProcess.h"

#include "JsonFile.h"

#if ! JUCE_WINDOWS
 #include <sys/stat.h>
 #include <unistd.h>
#endif

namespace synthmatch
{

namespace
{

constexpr int maxTailBytes = 8192;

#if JUCE_WINDOWS
constexpr auto programName = "synthmatch.exe";
constexpr auto pathSeparator = ";";
#else
constexpr auto programName = "synthmatch";
constexpr auto pathSeparator = ":";
#endif

bool isProgram (const juce::String& path)
{
    if (! juce::File::isAbsolutePath (path) || ! juce::File (path).existsAsFile())
        return false;

   #if JUCE_WINDOWS
    return true;
   #else
    return ::access (path.toRawUTF8(), X_OK) == 0;
   #endif
}

/** The words of a command; quotes hold words with spaces together. */
juce::StringArray splitCommand (const juce::String& command)
{
    juce::StringArray words;

    for (const auto& word : juce::StringArray::fromTokens (command.trim(), " \t", "\"'"))
        if (word.isNotEmpty())
            words.add (word.unquoted());

    return words;
}

juce::StringArray readProgramFile (const juce::File& file)
{
    const auto read = readJsonFile (file);
    juce::StringArray words;

    if (const auto* command = read.values["command"].getArray())
        for (const auto& word : *command)
            words.add (word.isString() ? word.toString() : juce::String());

    return words.isEmpty() || words.contains ({}) ? juce::StringArray() : words;
}

juce::StringArray foldersOfPrograms (const Variables& variable)
{
    auto folders = juce::StringArray::fromTokens (variable ("PATH"), pathSeparator, {});
   #if ! JUCE_WINDOWS
    const auto home = variable ("HOME");

    if (home.isNotEmpty())
        folders.add (home + "/.local/bin");

   #endif
   #if JUCE_MAC
    folders.add ("/usr/local/bin");
    folders.add ("/opt/homebrew/bin");
   #endif
    return folders;
}

/** Make a folder that only its user can read, and those that it is in. */
bool makeFolder (const juce::File& folder)
{
    if (folder.isDirectory())
        return true;

    if (folder.getParentDirectory() == folder || ! makeFolder (folder.getParentDirectory()))
        return false;

   #if JUCE_WINDOWS
    folder.createDirectory();
   #else
    ::mkdir (folder.getFullPathName().toRawUTF8(), 0700);
   #endif
    return folder.isDirectory(); // perhaps made by another instance
}

} // namespace

FoundProgram findProgram (const juce::File& dataFolder, const Variables& variable)
{
    if (const auto named = variable ("SYNTHMATCH_BACKEND").trim(); named.isNotEmpty())
        return { isProgram (named) ? juce::StringArray (named) : splitCommand (named), {} };

    const auto noted = readProgramFile (dataFolder.getChildFile ("program.json"));

    if (! noted.isEmpty() && isProgram (noted[0]))
        return { noted, {} };

    for (const auto& folder : foldersOfPrograms (variable))
        if (const auto path = folder + juce::File::getSeparatorString() + programName; isProgram (path))
            return { { path }, {} };

    if (! noted.isEmpty())
        return { {},
                 { "The backend of Synthmatch is no longer at " + noted[0] + ".",
                   "Install Synthmatch again, and run \"synthmatch doctor\" once in a terminal." } };

    return { {},
             { "The backend of Synthmatch is not installed, or was never run.",
               "Install Synthmatch, and run \"synthmatch doctor\" once in a terminal; or give the address of "
               "a backend that runs." } };
}

std::unique_ptr<BackendProcess> BackendProcess::start (const juce::File& dataFolder,
                                                       const Variables& variable, Problem& problem)
{
    const auto program = findProgram (dataFolder, variable);

    if (program.words.isEmpty())
    {
        problem = program.problem;
        return nullptr;
    }

    const auto logs = logFolder (dataFolder);
    const auto log = logs.getChildFile ("start.log");

    if (! makeFolder (logs) || ! logs.hasWriteAccess() || (log.exists() && ! log.hasWriteAccess()))
    {
        problem = { "The folder of Synthmatch, " + dataFolder.getFullPathName() + ", cannot be written.",
                    "Make room and check its permissions, or name another folder with SYNTHMATCH_DATA." };
        return nullptr;
    }

    ProcessStart start;
    start.words = program.words;
    start.words.add ("serve");
    start.folder = dataFolder; // none of the user's folders is held, and none hides modules of Python
    start.log = log;
    start.variables.set ("SYNTHMATCH_DATA", dataFolder.getFullPathName());
    start.variables.set ("PYTHONUTF8", "1");

    juce::String fault;
    auto process = DetachedProcess::start (start, fault);

    if (process == nullptr)
    {
        problem = { "The backend cannot be started with " + program.words[0] + " (" + fault + ").",
                    "Install Synthmatch again, and run \"synthmatch doctor\" in a terminal." };
        return nullptr;
    }

    return std::unique_ptr<BackendProcess> (new BackendProcess (std::move (process)));
}

juce::String BackendProcess::lastLine (const juce::File& dataFolder)
{
    juce::FileInputStream stream (logFolder (dataFolder).getChildFile ("start.log"));

    if (stream.failedToOpen())
        return {};

    stream.setPosition (juce::jmax ((juce::int64) 0, stream.getTotalLength() - maxTailBytes));
    auto lines = juce::StringArray::fromLines (stream.readEntireStreamAsString());

    while (! lines.isEmpty() && lines[lines.size() - 1].trim().isEmpty())
        lines.remove (lines.size() - 1);

    const auto last = lines.isEmpty() ? juce::String() : lines[lines.size() - 1].trim();
    return last.startsWith ("synthmatch: ") ? last.fromFirstOccurrenceOf (": ", false, false) : last;
}

} // namespace synthmatch
