#pragma once

#include "Osc.h"

/** All that client and backend say to each other, after plugin_bridge/PROTOCOL.md (version 3).

    The arguments of each record on the wire, and their limits, are in ProtocolLayout.h.
*/
namespace synthmatch::protocol
{

constexpr int version = 3;

//======================================================================= heads
/** Before every request. */
struct RequestHead
{
    juce::String token;  // from the discovery file
    juce::String client; // chosen at random by the client, once
    int serial = 0;      // counts the client's requests, from 1
};

/** Before every answer. */
struct AnswerHead
{
    juce::String client; // whom it is for
    int serial = 0;      // of the request
};

/** Before every event. */
struct EventHead
{
    juce::String client; // whom it is for
    int number = 0;      // rises with every event, not always by one
    int previous = 0;    // number of this client's starred event before it
};

//======================================================================= records that are part of others
struct Instance
{
    int port = 0;
    juce::String patch; // path without ending; empty if unknown
    bool answers = false;
    bool shared = false;
};

struct Note
{
    int pitch = 60;
    float onS = 0.0f;
    float offS = 0.0f;
};

/** A preset that those of a match are to be like; without a path there is none. */
struct LikePreset
{
    juce::String path; // of a `.fxp`
    Note note;         // that plays it as in the sound
    float amount = 0.0f; // how much may change: 0 details, 1 everything
};

struct WriteReport
{
    juce::String state; // verified, unverified, queued, differs
    juce::String method; // patch, stream
    int port = 0;
    float seconds = 0.0f;
    int attempts = 0;
    std::vector<juce::String> differing;
    juce::String remark;
};

//======================================================================= requests
struct Hello
{
    int protocol = version;
    juce::String name;
};
struct Heartbeat {};
struct ListInstances {};
struct ChooseInstance
{
    int port = 0;
};
struct StartMatch
{
    juce::String path;
    float startS = -1.0f;
    int count = 8;
    int seed = 0;
    juce::String spec { "surge_full" };
    float budgetS = 0.0f;
    std::vector<juce::String> locks; // of osc, filter, envelopes, lfos, effects
    LikePreset like;
};
struct CancelJob
{
    int job = 0;
};
struct WriteCandidate
{
    int job = 0;
    int candidate = 0;
};
struct Undo {};
struct KeepCandidate
{
    int job = 0;
    int candidate = 0;
    juce::String path;
};
struct Status {};
struct StopService {};
struct Bye {};

using Request = std::variant<Hello, Heartbeat, ListInstances, ChooseInstance, StartMatch, CancelJob,
                             WriteCandidate, Undo, KeepCandidate, Status, StopService, Bye>;

//======================================================================= answers
struct Welcome
{
    juce::String version;
    juce::String folder;
    juce::String state; // loading, ready, failed
    int protocol = 0;
    float leaseS = 0.0f;
    int number = 0;
};
struct Alive
{
    juce::String state;
    float fraction = 0.0f;
};
struct Instances
{
    std::vector<Instance> instances;
};
struct Chosen
{
    int port = 0;
};
struct Queued
{
    int job = 0;
    int place = 0;
};
struct Cancelled
{
    int job = 0;
};
struct Written
{
    WriteReport report;
    int differingCount = 0;
};
struct Kept
{
    juce::String path;
};
struct ServiceState
{
    int pid = 0;
    juce::String version;
    juce::String state;
    juce::String device;
    int clients = 0;
    int jobsWaiting = 0;
    float uptimeS = 0.0f;
    float memoryMb = 0.0f;
};
struct Stopping {};
struct Gone {};
struct Working {};
struct Refused
{
    juce::String code;
    juce::String message;
};

using Answer = std::variant<Welcome, Alive, Instances, Chosen, Queued, Cancelled, Written, Kept, ServiceState,
                            Stopping, Gone, Working, Refused>;

//======================================================================= events
struct Progress
{
    int job = 0;
    juce::String stage; // load, propose, render, refine, write
    float fraction = 0.0f;
    float remainingS = -1.0f;
};
struct CandidateReady
{
    int job = 0;
    int candidate = 0;
    int rank = 0;
    Note note;
    float distance = -1.0f;
    float similarity = -1.0f; // 0..100; -1: unknown
    juce::String presetPath;
    juce::String renderPath;
    std::vector<juce::String> tells;
};
struct Matched
{
    int job = 0;
    int round = 1;
    int count = 0;
    bool isFinal = true;
    juce::String remark;
};
struct JobFailed
{
    int job = 0;
    juce::String code;
    juce::String message;
};
struct JobCancelled
{
    int job = 0;
};
struct ServiceNews
{
    juce::String message;
};

using Event = std::variant<Progress, CandidateReady, Matched, JobFailed, JobCancelled, ServiceNews>;

/** All starred events up to this number have been taken. Its serial is 0, and it gets no answer. */
struct Ack
{
    int number = 0;
};

//======================================================================= on the wire
template <typename Head, typename Body>
struct Message
{
    Head head;
    Body body; // a variant
};

/** The datagram of a request; or a sentence for the user where a value is not allowed, or it is too long. */
osc::Datagram write (const RequestHead&, const Request&);
osc::Datagram write (const RequestHead&, const Ack&);

/** What a datagram of the backend says; nothing if it is not exactly as the protocol has it. Never throws. */
std::optional<Message<AnswerHead, Answer>> readAnswer (const void* bytes, size_t count);
std::optional<Message<EventHead, Event>> readEvent (const void* bytes, size_t count);

/** All addresses with their arguments, a line for each: address or head, name, type and what is allowed,
    with tabs between them; lists as in PROTOCOL.md. For tests.
*/
juce::StringArray describe();

} // namespace synthmatch::protocol
