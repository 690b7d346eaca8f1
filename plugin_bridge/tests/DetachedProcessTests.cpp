#include "DetachedProcess.h"

#include "Programs.h"
#include "WaitFor.h"

#include <catch2/catch.hpp>

#if ! JUCE_WINDOWS

 #include <csignal>
 #include <fcntl.h>
 #include <unistd.h>

namespace synthmatch
{

namespace
{

/** A process of `sh` that runs a script in a folder; what it prints is in `said.log`. */
struct Script
{
    explicit Script (const juce::String& text)
    {
        ProcessStart start;
        start.words = { "/bin/sh", data.write ("a script.sh", text).getFullPathName(), "two words", "" };
        start.folder = data.folder();
        start.log = data.file ("said.log");
        start.variables.set ("SYNTHMATCH_TEST", "told");
        process = DetachedProcess::start (start, fault);
    }

    /** What was printed in the end. */
    juce::String said() const
    {
        REQUIRE (process != nullptr);
        REQUIRE (waitFor ([this] { return process->hasEnded(); }));
        return data.file ("said.log").loadFileAsString();
    }

    TemporaryFolder data;
    juce::String fault;
    std::unique_ptr<DetachedProcess> process;
};

} // namespace

TEST_CASE ("detached: words, folder, variables and output are as asked")
{
    const Script script ("echo \"$# $1\"; pwd; echo $SYNTHMATCH_TEST; echo bad >&2; cat; exit 3");
    const auto lines = juce::StringArray::fromLines (script.said().trim());
    REQUIRE (lines.size() == 4);
    CHECK (lines[0] == "2 two words");
    CHECK (juce::File (lines[1]).getFileName() == script.data.folder().getFileName());
    CHECK (lines[2] == "told");
    CHECK (lines[3] == "bad");
}

TEST_CASE ("detached: it is nobody's child, in a session of its own")
{
    const Script script ("sleep 1; ps -o ppid=,sid= -p $$ | tr -s ' '");
    const auto said = script.said().trim();
    CAPTURE (said);
    REQUIRE (said.isNotEmpty());
    CHECK (said.upToFirstOccurrenceOf (" ", false, false).getIntValue() != static_cast<int> (::getpid()));
    CHECK (said.fromLastOccurrenceOf (" ", false, false).getIntValue() != static_cast<int> (::getsid (0)));
}

 #if JUCE_LINUX
TEST_CASE ("detached: it holds none of the host's files, nor its signals")
{
    const auto leak = ::open ("/dev/zero", O_RDONLY); // as a host may hold a sound card
    const auto high = ::fcntl (leak, F_DUPFD, 300);
    auto* before = std::signal (SIGPIPE, SIG_IGN);
    const Script script ("ls -l /proc/$$/fd; grep SigIgn /proc/$$/status");
    std::signal (SIGPIPE, before);
    ::close (leak);
    ::close (high);

    const auto said = script.said();
    CAPTURE (said);
    CHECK_FALSE (said.contains ("/dev/zero"));
    CHECK_FALSE (said.contains ("socket:"));
    CHECK (said.contains ("pipe:")); // by which its end is seen
    const auto ignored = said.fromFirstOccurrenceOf ("SigIgn:", false, false).trim().getHexValue64();
    CHECK ((ignored & (1 << (SIGPIPE - 1))) == 0);
}
 #endif

TEST_CASE ("detached: its end is seen, and it is not ended with what watches it")
{
    Script script (untilGo + "; touch done");
    REQUIRE (script.process != nullptr);
    CHECK_FALSE (script.process->hasEnded());
    script.process.reset();
    script.data.write ("go", {});
    CHECK (waitFor ([&] { return script.data.file ("done").exists(); }));
}

TEST_CASE ("detached: a program that is not there says so in the log")
{
    const TemporaryFolder data;
    ProcessStart start;
    start.words = { "/no/such/program" };
    start.folder = data.folder();
    start.log = data.file ("said.log");
    juce::String fault;
    const auto process = DetachedProcess::start (start, fault);
    REQUIRE (process != nullptr);
    REQUIRE (waitFor ([&] { return process->hasEnded(); }));
    CHECK (data.file ("said.log").loadFileAsString().contains ("/no/such/program"));
}

TEST_CASE ("detached: a folder or log that cannot be used is told")
{
    const TemporaryFolder data;
    ProcessStart start;
    start.words = { "/bin/true" };
    start.folder = data.file ("missing");
    start.log = data.file ("said.log");
    juce::String fault;
    CHECK (DetachedProcess::start (start, fault) == nullptr);
    CHECK (fault.contains ("missing"));

    start.folder = data.folder();
    start.log = data.file ("missing").getChildFile ("said.log");
    fault = {};
    CHECK (DetachedProcess::start (start, fault) == nullptr);
    CHECK (fault.isNotEmpty());
}

TEST_CASE ("detached: variables by which hosts lead astray are not passed on")
{
    CHECK (isOfHostsOnly ("LD_LIBRARY_PATH"));
    CHECK (isOfHostsOnly ("DYLD_INSERT_LIBRARIES"));
    CHECK (isOfHostsOnly ("PYTHONHOME"));
    CHECK_FALSE (isOfHostsOnly ("PATH"));
    CHECK_FALSE (isOfHostsOnly ("HOME"));
    CHECK_FALSE (isOfHostsOnly ("PYTHONUTF8"));

    ::setenv ("PYTHONHOME", "/opt/host/python", 1);
    const Script script ("echo \"home=$PYTHONHOME\"");
    ::unsetenv ("PYTHONHOME");
    CHECK (script.said().trim() == "home=");
}

} // namespace synthmatch

#endif
