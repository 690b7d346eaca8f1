#include "BackendClient.h"

namespace synthmatch
{

BackendClient::BackendClient (Listener& listener, const LinkSettings& settings)
    : conversation (listener, socket, settings)
{
}

BackendClient::~BackendClient()
{
    {
        const std::lock_guard<std::mutex> lock (mutex);
        leaving = true;
    }
    socket.wake();

    if (thread.joinable())
        thread.join();
}

void BackendClient::open (const juce::String& address)
{
    post ([this, address] { conversation.open (address); }, true);
}

void BackendClient::ask (const protocol::Request& request, OnAnswer onAnswer)
{
    if (! onAnswer)
        onAnswer = [] (const auto&) {};

    post ([this, request, answered = std::move (onAnswer)] { conversation.ask (request, answered); }, true);
}

void BackendClient::close()
{
    post ([this] { conversation.close(); }, false);
}

/** Leave a command to the thread; begin it if it has not begun, and is to. */
void BackendClient::post (Command command, bool begin)
{
    {
        const std::lock_guard<std::mutex> lock (mutex);
        const auto begun = thread.joinable();

        if (leaving || ! (begun || begin))
            return;

        commands.push_back (std::move (command));

        if (! begun)
            thread = std::thread ([this] { run(); });
    }
    socket.wake();
}

bool BackendClient::hasCommands()
{
    const std::lock_guard<std::mutex> lock (mutex);
    return leaving || ! commands.empty();
}

void BackendClient::run()
{
    juce::Thread::setCurrentThreadName ("Synthmatch link");

    for (;;)
    {
        std::vector<Command> todo;
        {
            const std::lock_guard<std::mutex> lock (mutex);

            if (leaving)
                break;

            todo.swap (commands);
        }

        for (const auto& command : todo)
            command();

        conversation.turn();

        if (hasCommands()) // a goodbye may have waited past their wake
            continue;

        socket.wait (conversation.nextDueS() - Conversation::nowS());
    }

    conversation.leave();
}

} // namespace synthmatch
