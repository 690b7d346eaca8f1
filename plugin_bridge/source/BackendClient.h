#pragma once

#include "Conversation.h"

#include <thread>

namespace synthmatch
{

/** The real link: a thread that speaks with the backend over UDP on this computer; see BackendLink.

    The thread begins with the first call. What is asked while the backend is looked for or started waits for
    it. The destructor says goodbye, and does not answer what still waits; it must not run within a callback.
*/
class BackendClient final : public BackendLink
{
public:
    explicit BackendClient (Listener&, const LinkSettings& = {});
    ~BackendClient() override;

    void open (const juce::String& address) override;
    void ask (const protocol::Request&, OnAnswer) override;
    void close() override;

    /** Datagrams of the backend that did not fit into the protocol, or were not for us; any thread. */
    int dropped() const { return conversation.dropped; }

private:
    using Command = std::function<void()>;

    void post (Command, bool begin);
    bool hasCommands();
    void run();

    LinkSocket socket;
    Conversation conversation; // only touched by the thread
    std::mutex mutex;
    std::vector<Command> commands;
    bool leaving = false;
    std::thread thread;
};

} // namespace synthmatch
