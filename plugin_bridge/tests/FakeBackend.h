#pragma once

#include "Discovery.h"
#include "HeldLock.h"
#include "ProtocolCodec.h"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace synthmatch
{

/** What goes wrong with the datagrams between a fake backend and its clients; shares from 0 to 1. */
struct Faults
{
    double lost = 0.0;
    double doubled = 0.0;
    double late = 0.0; // arrives after the next one
};

/** A backend over real UDP: it speaks the protocol like backend/osc/server.py, and what else a test wants.

    It begins on construction, can be announced in a user's folder, and ends, as if killed, on destruction.
*/
class FakeBackend
{
public:
    using Request = std::variant<protocol::Hello, protocol::Heartbeat, protocol::ListInstances,
                                 protocol::ChooseInstance, protocol::StartMatch, protocol::CancelJob,
                                 protocol::WriteCandidate, protocol::Undo, protocol::KeepCandidate,
                                 protocol::Status, protocol::StopService, protocol::Bye, protocol::Ack>;
    using Head = protocol::RequestHead;

    /** Answers a request instead of the usual way; nothing: not at all. Called on the backend's thread. */
    using Answerer = std::function<std::optional<protocol::Answer> (const Head&, const Request&)>;

    explicit FakeBackend (Faults = {}, int seed = 1, int firstNumber = 100);
    ~FakeBackend();

    int port() const { return socket.getBoundPort(); }
    juce::String address() const { return juce::String (port()) + " " + token; }

    /** Let clients find it by a user's folder, until it is destroyed or withdrawn. */
    void announce (const juce::File& folder, int protocolVersion = protocol::version);

    /** Leave in good order: the file goes first, then the lock. */
    void withdraw();

    /** The lock goes, and the file stays, as if it were killed. */
    void die();

    /** Send a starred event to all clients, again and again until they acknowledge it. */
    void tell (const protocol::Event&);

    /** Forget all clients, as after the end of their lease. */
    void forgetClients();

    /** Send bytes to all clients. */
    void sendRaw (const juce::MemoryBlock&);

    /** Answer another way from now on. */
    void answerWith (Answerer);

    /** The answer to a request where all goes well; for answerers. */
    protocol::Answer usualAnswer (const Request&);

    std::vector<juce::String> clients() const;

    /** Whether all starred events have been acknowledged. */
    bool allAcknowledged() const;

    /** How often requests of a kind were done; those that came again are not. */
    template <typename Kind>
    int done() const
    {
        const std::lock_guard<std::mutex> guard (mutex);
        return doneByKind[Request (Kind {}).index()];
    }

    std::atomic<bool> hanging { false };       // hears and says nothing
    std::atomic<bool> deaf { false };          // the same, but for heartbeats and hellos
    std::atomic<float> leaseS { 15.0f };
    std::atomic<float> modelFraction { 1.0f }; // below 1: it loads
    std::atomic<int> datagrams { 0 };          // that came

private:
    struct Waiting
    {
        int number;
        juce::MemoryBlock datagram;
        double dueMs;
    };
    struct Session
    {
        int port = 0;
        int last = 0; // number of the last starred event
        int acknowledged = 0;
        int helloSerial = 0;
        std::map<int, juce::MemoryBlock> answers; // by serial; empty while in work
        std::vector<Waiting> waiting;
    };

    void run();
    void take (const void* bytes, size_t size, int from);
    void greet (const Head&);
    void work (const Head&, const Request&, Session&);
    void match (const juce::String& client, Session&);
    void put (const juce::String& client, Session&, const protocol::Event&);
    void acknowledge (const Head&, const protocol::Ack&);
    void repeatEvents();
    void answer (const Head&, int to, const protocol::Answer&);
    void pass (const juce::MemoryBlock&, int to);

    const Faults faults;
    juce::Random random;
    int lastNumber;
    int lastJob = 0;
    const juce::String token;
    juce::DatagramSocket socket;
    std::unique_ptr<HeldLock> lock;
    juce::File file;
    juce::MemoryBlock held;
    int heldFor = 0;
    Answerer answerer;
    mutable std::mutex mutex;
    std::map<juce::String, Session> sessions; // by client
    std::array<int, std::variant_size_v<Request>> doneByKind {};
    std::atomic<bool> ending { false };
    std::thread thread;
};

} // namespace synthmatch
