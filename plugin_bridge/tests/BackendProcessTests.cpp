#include "BackendProcess.h"

#include "Programs.h"
#include "WaitFor.h"

#include <catch2/catch.hpp>

#if ! JUCE_WINDOWS

namespace synthmatch
{

namespace
{

void noteProgram (const TemporaryFolder& data, const juce::StringArray& words)
{
    juce::Array<juce::var> command;

    for (const auto& word : words)
        command.add (word);

    juce::DynamicObject::Ptr values = new juce::DynamicObject();
    values->setProperty ("command", command);
    values->setProperty ("version", "0.1.0");
    data.write ("program.json", juce::JSON::toString (juce::var (values.get())));
}

} // namespace

TEST_CASE ("program: a command in the environment comes first")
{
    const TemporaryFolder data;
    noteProgram (data, { "/bin/sh", "noted" });
    const auto found = [&] (const juce::String& command) {
        return findProgram (data.folder(), variables ({ { "SYNTHMATCH_BACKEND", command } })).words;
    };

    CHECK (found ("python3 -m backend") == juce::StringArray ("python3", "-m", "backend"));
    CHECK (found ("'/opt/my python'  \"-X\" utf8") == juce::StringArray ("/opt/my python", "-X", "utf8"));

    const auto program = writeProgram (data, "with spaces/synthmatch", "exit").getFullPathName();
    CHECK (found (program) == juce::StringArray (program));
    CHECK (found ("  ") == juce::StringArray ("/bin/sh", "noted"));
}

TEST_CASE ("program: what the last run of synthmatch noted comes next, if it is still there")
{
    const TemporaryFolder data;
    const auto found = [&] { return findProgram (data.folder(), variables ({})).words; };

    noteProgram (data, { "/bin/sh", "-X", "utf8", "-m", "backend" });
    CHECK (found() == juce::StringArray ("/bin/sh", "-X", "utf8", "-m", "backend"));

    noteProgram (data, { "/no/such/python", "-m", "backend" });
    const auto gone = findProgram (data.folder(), variables ({}));
    CHECK (gone.words.isEmpty());
    CHECK (gone.problem.sentence == "The backend of Synthmatch is no longer at /no/such/python.");
    CHECK (gone.problem.nextStep.contains ("synthmatch doctor"));

    for (const auto* command : { "", "[", "[]", "[\"/bin/sh\", 5]", "\"/bin/sh\"", "[\"\"]", "[\"sh\"]" })
    {
        data.write ("program.json", "{\"command\": " + juce::String (command) + "}");
        CHECK (found().isEmpty());
    }
}

TEST_CASE ("program: then PATH, and where installers put it")
{
    const TemporaryFolder data;
    const auto none = findProgram (data.folder(), variables ({ { "PATH", "/no/such/folder::relative" } }));
    CHECK (none.words.isEmpty());
    CHECK (none.problem.sentence.contains ("not installed"));
    CHECK (none.problem.nextStep.contains ("address"));

    const auto program = writeProgram (data, "bin/synthmatch", "exit");
    const auto folder = program.getParentDirectory().getFullPathName();
    CHECK (findProgram (data.folder(), variables ({ { "PATH", "/usr/bin:" + folder } })).words[0]
           == program.getFullPathName());

    program.setExecutePermission (false);
    CHECK (findProgram (data.folder(), variables ({ { "PATH", folder } })).words.isEmpty());

    const auto local = writeProgram (data, "home/.local/bin/synthmatch", "exit");
    const auto home = data.file ("home").getFullPathName();
    CHECK (findProgram (data.folder(), variables ({ { "HOME", home } })).words[0] == local.getFullPathName());
}

TEST_CASE ("program: it is started in the user's folder, which is made if needed, and its output kept")
{
    const TemporaryFolder data;
    const auto program = writeProgram (data, "synthmatch",
                                       "echo \"$@\"; pwd; echo \"$SYNTHMATCH_DATA\"; echo $PYTHONUTF8\n"
                                       "echo 'synthmatch: the disk is full' >&2; echo '  ' >&2");
    const auto folder = data.file ("users/data");
    Problem problem;
    const auto process = BackendProcess::start (
        folder, variables ({ { "SYNTHMATCH_BACKEND", program.getFullPathName() } }), problem);
    REQUIRE (process != nullptr);
    REQUIRE (waitFor ([&] { return process->hasEnded(); }));

    const auto log = folder.getChildFile ("logs/start.log");
    const auto lines = juce::StringArray::fromLines (log.loadFileAsString());
    REQUIRE (lines.size() > 4);
    CHECK (lines[0] == "serve");
    CHECK (juce::File (lines[1]) == folder.getLinkedTarget());
    CHECK (lines[2] == folder.getFullPathName());
    CHECK (lines[3] == "1");
    CHECK (BackendProcess::lastLine (folder) == "the disk is full");
    CHECK (BackendProcess::lastLine (data.file ("missing")).isEmpty());
}

TEST_CASE ("program: a folder that cannot be made is told")
{
    const TemporaryFolder data;
    data.write ("in the way", "a file");
    Problem problem;
    const auto folder = data.file ("in the way").getChildFile ("data");
    const auto process
        = BackendProcess::start (folder, variables ({ { "SYNTHMATCH_BACKEND", "/bin/true" } }), problem);
    CHECK (process == nullptr);
    CHECK (problem.sentence.contains ("cannot be written"));
    CHECK (problem.nextStep.contains ("SYNTHMATCH_DATA"));
}

} // namespace synthmatch

#endif
