#include "Protocol.h"

#include "ProtocolCodec.h"

#include <catch2/catch.hpp>

namespace synthmatch::protocol
{

namespace
{

const RequestHead requestHead { "t0k3n", "my-plugin-1", 7 };
const AnswerHead answerHead { "my-plugin-1", 7 };
const EventHead eventHead { "my-plugin-1", 43, 40 };
const juce::String path (juce::CharPointer_UTF8 ("/home/m\xc3\xbc" "sic/\xe9\x9f\xb3.wav"));

/** A value for every field of every record, each other than its default. */
const std::vector<Request> requests {
    Hello { 2, "Plugin" },
    Heartbeat {},
    ListInstances {},
    ChooseInstance { 53280 },
    StartMatch { path, 0.5f, 16, 3, "surge_simple", 2.5f, { "osc", "effects" },
                 { "/presets/kick-3.fxp", { 45, 0.5f, 1.25f }, 0.75f } },
    CancelJob { 5 },
    WriteCandidate { 5, 12 },
    Undo {},
    KeepCandidate { 5, 12, path },
    Status {},
    StopService {},
    Bye {},
};
const std::vector<Answer> answers {
    Welcome { "0.1.0", path, "loading", 2, 15.0f, 40 },
    Alive { "ready", 1.0f },
    Instances { { { 53280, "Init Saw", true, false }, { 53281, "", false, true } } },
    Instances {},
    Chosen { 53281 },
    Queued { 5, 2 },
    Cancelled { 5 },
    Written { { "differs", "stream", 53280, 0.25f, 3, { "/param/a", "/param/b" }, "Two differ." }, 30 },
    Kept { path },
    ServiceState { 4711, "0.1.0", "failed", "cpu", 3, 1, 90.5f, -1.0f },
    Stopping {},
    Gone {},
    Working {},
    Refused { "session", "Say hello first." },
};
const std::vector<Event> events {
    Progress { 5, "refine", 0.5f, 3.5f },
    CandidateReady { 5, 12, 1, { 57, 0.125f, 2.0f }, 0.25f, 81.5f, path, path, { "low-pass", "slow pad" } },
    Matched { 5, 2, 8, false, "One could not be rendered." },
    JobFailed { 5, "audio", "The sound is silent." },
    JobCancelled { 5 },
    ServiceNews { "The model is there." },
};

std::vector<juce::uint8> bytesOf (const osc::Datagram& datagram)
{
    REQUIRE (datagram.ok());
    const auto* first = static_cast<const juce::uint8*> (datagram.bytes.getData());
    return { first, first + datagram.bytes.getSize() };
}

/** All datagrams of both directions. */
std::vector<std::vector<juce::uint8>> allDatagrams()
{
    std::vector<std::vector<juce::uint8>> all;

    for (const auto& request : requests)
        all.push_back (bytesOf (write (requestHead, request)));

    for (const auto& answer : answers)
        all.push_back (bytesOf (writeOneOf (answerHead, answer)));

    for (const auto& event : events)
        all.push_back (bytesOf (writeOneOf (eventHead, event)));

    all.push_back (bytesOf (write (requestHead, Ack { 43 })));
    return all;
}

/** The same datagram again, from what was read of it; nothing if nothing was read. */
std::vector<juce::uint8> readAndWritten (const std::vector<juce::uint8>& bytes)
{
    if (const auto answer = readAnswer (bytes.data(), bytes.size()))
        return bytesOf (writeOneOf (answer->head, answer->body));

    if (const auto event = readEvent (bytes.data(), bytes.size()))
        return bytesOf (writeOneOf (event->head, event->body));

    if (const auto request = readMessage<RequestHead, Request> (bytes.data(), bytes.size()))
        return bytesOf (write (request->head, request->body));

    if (const auto ack = readMessage<RequestHead, std::variant<Ack>> (bytes.data(), bytes.size()))
        return bytesOf (write (ack->head, std::get<Ack> (ack->body)));

    return {};
}

template <typename Change>
juce::String faultOf (Change change)
{
    StartMatch request;
    request.path = path;
    change (request);
    return write (requestHead, request).fault;
}

std::optional<Message<EventHead, Event>> readArguments (const char* address,
                                                        std::vector<osc::Argument> arguments)
{
    arguments.insert (arguments.begin(), { juce::String ("my-plugin-1"), 43, 40 });
    const auto written = osc::write ({ address, arguments });
    return readEvent (written.bytes.getData(), written.bytes.getSize());
}

} // namespace

TEST_CASE ("protocol: the example of PROTOCOL.md, byte by byte")
{
    const std::string text ("/synthmatch/heartbeat\0\0\0,ssi\0\0\0\0t0k3n\0\0\0my-plugin-1\0\0\0\0\x07", 56);
    const std::vector<juce::uint8> expected (text.begin(), text.end());
    CHECK (bytesOf (write (requestHead, Heartbeat {})) == expected);
}

TEST_CASE ("protocol: every record comes back as it was")
{
    for (const auto& bytes : allDatagrams())
        CHECK (readAndWritten (bytes) == bytes);

    const auto written = bytesOf (writeOneOf (eventHead, events[1]));
    const auto read = readEvent (written.data(), written.size());
    REQUIRE (read);
    const auto& candidate = std::get<CandidateReady> (read->body);
    CHECK (read->head.client == "my-plugin-1");
    CHECK (read->head.number == 43);
    CHECK (read->head.previous == 40);
    CHECK (candidate.candidate == 12);
    CHECK (candidate.note.pitch == 57);
    CHECK (candidate.note.offS == 2.0f);
    CHECK (candidate.similarity == 81.5f);
    CHECK (candidate.renderPath == path);
    CHECK (candidate.tells == std::vector<juce::String> { "low-pass", "slow pad" });
}

TEST_CASE ("protocol: a record is read in its own direction alone")
{
    for (const auto& bytes : allDatagrams())
    {
        const auto read = int (readAnswer (bytes.data(), bytes.size()).has_value())
                          + int (readEvent (bytes.data(), bytes.size()).has_value())
                          + int (readMessage<RequestHead, Request> (bytes.data(), bytes.size()).has_value());
        CHECK (read <= 1);
    }

    const auto request = bytesOf (write (requestHead, Undo {}));
    CHECK_FALSE (readAnswer (request.data(), request.size()));
    CHECK_FALSE (readEvent (request.data(), request.size()));
}

TEST_CASE ("protocol: values beyond their limits are not sent, and the sentence says which")
{
    CHECK (faultOf ([] (auto& r) { r.count = 65; }) == "start_match.count is 65, and must be from 1 to 64.");
    CHECK (faultOf ([] (auto& r) { r.startS = 601.0f; }).contains ("start_match.start_s"));
    CHECK (faultOf ([] (auto& r) { r.startS = std::numeric_limits<float>::quiet_NaN(); }).isNotEmpty());
    CHECK (faultOf ([] (auto& r) { r.seed = -1; }).contains ("start_match.seed"));
    CHECK (faultOf ([] (auto& r) { r.spec = "serum"; }).contains ("one of surge_full, surge_simple"));
    CHECK (faultOf ([] (auto& r) { r.budgetS = 61.0f; }).contains ("start_match.budget_s"));
    CHECK (faultOf ([] (auto& r) { r.locks = { "osc", "osc" }; }).contains ("at most once"));
    CHECK (faultOf ([] (auto& r) { r.like.amount = 1.5f; }).contains ("start_match.like.amount"));
    CHECK (faultOf ([] (auto& r) { r.locks = { "reverb" }; }).contains ("one of osc"));
    CHECK (faultOf ([] (auto& r) { r.path = juce::String::repeatedString ("x", 9000); }).contains ("8000"));
    CHECK (faultOf ([] (auto&) {}).isEmpty());
    CHECK (write (requestHead, ChooseInstance { 0 }).fault.contains ("choose_instance.port is 0"));
    CHECK (write ({ "t", "short", 1 }, Request { Undo {} }).fault.contains ("8 to 64 characters"));
}

TEST_CASE ("protocol: what does not fit exactly is not read")
{
    const auto* progress = "/synthmatch/progress";
    CHECK (readArguments (progress, { 5, juce::String ("refine"), 0.5f, 3.5f }));
    CHECK_FALSE (readArguments (progress, { 5, juce::String ("refine"), 0.5f }));
    CHECK_FALSE (readArguments (progress, { 5, juce::String ("refine"), 0.5f, 3.5f, 1 }));
    CHECK_FALSE (readArguments (progress, { 5, juce::String ("refine"), 1, 3.5f }));
    CHECK_FALSE (readArguments (progress, { 5.0f, juce::String ("refine"), 0.5f, 3.5f }));
    CHECK_FALSE (readArguments (progress, { 0, juce::String ("refine"), 0.5f, 3.5f }));
    CHECK_FALSE (readArguments (progress, { 5, juce::String ("polish"), 0.5f, 3.5f }));
    CHECK_FALSE (readArguments (progress, { 5, juce::String ("refine"), 1.5f, 3.5f }));
    CHECK_FALSE (readArguments ("/synthmatch/regress", { 5, juce::String ("refine"), 0.5f, 3.5f }));

    const auto* matched = "/synthmatch/matched";
    CHECK (readArguments (matched, { 5, 1, 8, 1, juce::String() }));
    CHECK_FALSE (readArguments (matched, { 5, 1, 8, 2, juce::String() }));
    CHECK_FALSE (readArguments (matched, { 5, 1, 65, 1, juce::String() }));
}

TEST_CASE ("protocol: a list that promises more than it holds ends with the datagram")
{
    const auto read = [] (int count) {
        const juce::String client ("my-plugin-1"), patch ("a");
        const auto written = osc::write ({ "/synthmatch/instances", { client, 7, count, 53280, patch, 1, 0 } });
        return readAnswer (written.bytes.getData(), written.bytes.getSize()).has_value();
    };

    CHECK (read (1));
    CHECK_FALSE (read (0));
    CHECK_FALSE (read (2));
    CHECK_FALSE (read (-1));
    CHECK_FALSE (read (std::numeric_limits<int>::max()));
}

TEST_CASE ("protocol: random, cut and changed datagrams are dropped, or are what they say")
{
    juce::Random random (4);
    const auto all = allDatagrams();
    size_t taken = 0;

    const auto check = [&] (const std::vector<juce::uint8>& bytes) {
        const auto again = readAndWritten (bytes);
        taken += again.empty() ? 0 : 1;

        if (! again.empty() && again != bytes)
            FAIL ("a datagram was read as something else");
    };

    for (const auto& bytes : all)
        for (size_t size = 0; size < bytes.size(); ++size)
            check ({ bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t> (size) });

    REQUIRE (taken == 0);

    for (int round = 0; round < 20000; ++round)
    {
        auto bytes = all[static_cast<size_t> (random.nextInt (static_cast<int> (all.size())))];

        for (auto changes = 1 + random.nextInt (3); changes > 0; --changes)
        {
            const auto at = static_cast<size_t> (random.nextInt (static_cast<int> (bytes.size())));

            switch (random.nextInt (4))
            {
                case 0: bytes[at] = static_cast<juce::uint8> (random.nextInt (256)); break;
                case 1: bytes[at] = static_cast<juce::uint8> (bytes[at] ^ (1 << random.nextInt (8))); break;
                case 2: bytes.insert (bytes.begin() + static_cast<std::ptrdiff_t> (at), 4, 0); break;
                default: bytes.resize (at + 1); break;
            }
        }

        check (bytes);
    }

    CHECK (taken > 100); // numbers and letters that changed within their limits
    taken = 0;

    for (int round = 0; round < 20000; ++round)
    {
        std::vector<juce::uint8> bytes (static_cast<size_t> (random.nextInt (200)));

        for (auto& byte : bytes)
            byte = static_cast<juce::uint8> (random.nextInt (random.nextBool() ? 256 : 4));

        check (bytes);
    }

    CHECK (taken == 0);
}

TEST_CASE ("protocol: the description has a line for each argument, and for each record without any")
{
    const auto lines = describe();
    CHECK (lines.contains ("requests\tclient\ts\t8..64 characters"));
    CHECK (lines.contains ("/synthmatch/start_match\tstart_s\tf\t-1..600"));
    CHECK (lines.contains ("/synthmatch/start_match\tlocks\ti\t0..5"));
    CHECK (lines.contains ("/synthmatch/start_match\tlocks[]\ts\tosc, filter, envelopes, lfos, effects"));
    CHECK (lines.contains ("/synthmatch/instances\tinstances[].answers\ti\t0, 1"));
    CHECK (lines.contains ("/synthmatch/bye"));
}

} // namespace synthmatch::protocol
