#include "Discovery.h"

#include "HeldLock.h"
#include "Protocol.h"
#include "TemporaryFolder.h"

#include <catch2/catch.hpp>

#include <map>

namespace synthmatch
{

namespace
{

const juce::String token ("0123456789abcdef0123456789abcdef");

juce::String discoveryText (int protocolVersion, const juce::String& more = {})
{
    return "{\"pid\": 4711, \"port\": 40000, \"token\": \"" + token + "\", \"version\": \"0.9\", "
           + "\"protocol\": " + juce::String (protocolVersion) + more + "}\n";
}

juce::String folderOf (System system, std::map<juce::String, juce::String> variables)
{
    return dataFolderPath (system, system == System::windows ? "C:\\Users\\mia" : "/home/mia",
                           [&] (const juce::String& name) { return variables[name]; });
}

} // namespace

TEST_CASE ("discovery: the user's folder is where backend/userdata.py has it, on each system")
{
    CHECK (folderOf (System::linux_, {}) == "/home/mia/.local/share/synthmatch");
    CHECK (folderOf (System::linux_, { { "XDG_DATA_HOME", "/x/data" } }) == "/x/data/synthmatch");
    CHECK (folderOf (System::linux_, { { "XDG_DATA_HOME", "here" } }) == "/home/mia/.local/share/synthmatch");
    CHECK (folderOf (System::mac, {}) == "/home/mia/Library/Application Support/Synthmatch");
    CHECK (folderOf (System::windows, {}) == "C:\\Users\\mia\\AppData\\Local\\Synthmatch");
    CHECK (folderOf (System::windows, { { "LOCALAPPDATA", "D:\\Local" } }) == "D:\\Local\\Synthmatch");

    for (const auto system : { System::linux_, System::mac, System::windows })
        CHECK (folderOf (system, { { "SYNTHMATCH_DATA", "/there" }, { "XDG_DATA_HOME", "/x" } }) == "/there");
}

TEST_CASE ("discovery: a whole file is read, and may say more than we know")
{
    const TemporaryFolder data;
    data.write ("backend.json", discoveryText (protocol::version, ", \"more\": [1, 2]"));
    const auto reading = readDiscovery (data.folder());
    REQUIRE (reading.found);
    CHECK (*reading.found == Discovery { 4711, 40000, token, "0.9", protocol::version });
    CHECK_FALSE (reading.problem.exists());
}

TEST_CASE ("discovery: a missing, torn or foreign file is told apart, with a next step")
{
    const TemporaryFolder data;
    CHECK (readDiscovery (data.folder()).problem.sentence == "No backend is running.");

    const auto whole = discoveryText (protocol::version);

    for (int size = 0; size < whole.lastIndexOfChar ('}'); ++size)
    {
        data.write ("backend.json", whole.substring (0, size));
        const auto reading = readDiscovery (data.folder());
        REQUIRE_FALSE (reading.found);
        REQUIRE (reading.problem.sentence.contains ("damaged"));
        REQUIRE (reading.problem.nextStep.isNotEmpty());
    }

    for (const auto& text :
         { juce::String ("[]"), juce::String ("null"), juce::String::repeatedString ("[", 4000),
           juce::String::repeatedString ("{\"a\":", 800), whole.replace ("40000", "0"),
           whole.replace ("40000", "65536"), whole.replace ("40000", "\"40000\""),
           whole.replace ("40000", "4e4"), whole.replace ("40000", "99999999999"),
           whole.replace ("4711", "true"), whole.replace (token, token.substring (1)),
           whole.replace (token.substring (1), "-"),
           whole.replace ("pid", "dip"), whole + juce::String::repeatedString (" ", 5000) })
    {
        data.write ("backend.json", text);
        CHECK_FALSE (readDiscovery (data.folder()).found);
    }

    data.file ("backend.json").replaceWithData ("\xff\xfe{}", 4);
    CHECK (readDiscovery (data.folder()).problem.sentence.contains ("damaged"));

    data.file ("backend.json").deleteFile();
    data.file ("backend.json").createDirectory();
    CHECK (readDiscovery (data.folder()).problem.sentence.contains ("cannot be read"));
}

TEST_CASE ("discovery: another version of the protocol is told with both numbers and what to do")
{
    const TemporaryFolder data;
    data.write ("backend.json", discoveryText (protocol::version - 1));
    const auto older = readDiscovery (data.folder());
    REQUIRE (older.found);
    CHECK (older.problem.sentence
           == "The backend that runs (Synthmatch 0.9) speaks version " + juce::String (protocol::version - 1)
                  + " of the protocol, and this plugin version " + juce::String (protocol::version) + ".");
    CHECK (older.problem.nextStep.contains ("synthmatch stop"));

    data.write ("backend.json", discoveryText (protocol::version + 1));
    const auto newer = readDiscovery (data.folder());
    CHECK (newer.problem.sentence.contains ("version " + juce::String (protocol::version + 1) + " of"));
    CHECK (newer.problem.nextStep.contains ("Install the plugin"));
}

TEST_CASE ("discovery: a backend runs while its lock is held, and readers do not disturb each other")
{
    const TemporaryFolder data;
    CHECK_FALSE (isBackendRunning (data.folder()));

    {
        const HeldLock lock (data.folder());
        CHECK (isBackendRunning (data.folder()));
        CHECK (isBackendRunning (data.folder()));
    }

    CHECK_FALSE (isBackendRunning (data.folder()));

    const HeldLock reader (data.folder(), HeldLock::Kind::shared);
    CHECK_FALSE (isBackendRunning (data.folder()));
}

TEST_CASE ("discovery: a backend is still there while file and lock say so")
{
    const TemporaryFolder data;
    data.write ("backend.json", discoveryText (protocol::version));
    auto backend = *readDiscovery (data.folder()).found;
    CHECK_FALSE (isStillThere (data.folder(), backend));

    const HeldLock lock (data.folder());
    CHECK (isStillThere (data.folder(), backend));
    backend.port += 1;
    CHECK_FALSE (isStillThere (data.folder(), backend));
}

TEST_CASE ("discovery: an address is a port and a token")
{
    for (const auto* between : { " ", "\t ", ":", ", " })
    {
        const auto text = "  40000" + (between + token) + " ";
        const auto read = readAddress (text);
        REQUIRE (read);
        CHECK (read->port == 40000);
        CHECK (read->token == token);
    }

    for (const auto* port : { "", "0", "65536", "-1", "4e4", "99999999999", "40000 40000" })
        CHECK_FALSE (readAddress (port + (" " + token)));

    for (const auto& text : { juce::String(), juce::String ("40000"), "40000 " + token.substring (1) })
        CHECK_FALSE (readAddress (text));
}

} // namespace synthmatch
