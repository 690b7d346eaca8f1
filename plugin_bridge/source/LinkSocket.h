#pragma once

#include <juce_core/juce_core.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace synthmatch
{

/** The one UDP socket of a client, on 127.0.0.1 alone, and how its thread waits.

    All but `wake` is for the thread that owns it.
*/
class LinkSocket
{
public:
    /** Open it on a port that the system chooses. */
    bool open();
    void close();

    /** Send to a port of this computer; what cannot be sent counts as lost on its way. */
    void send (const juce::MemoryBlock&, int port);

    /** Wait until something has come, `wake` was called, or the time is over.

        @param seconds  infinity: for good
    */
    void wait (double seconds);

    /** A datagram that lies here until the next is read. */
    struct Received
    {
        const char* bytes = nullptr;
        size_t count = 0; // 0: none is there
    };

    /** The next datagram from a port of this computer; others are dropped. */
    Received read (int port);

    /** End a wait, or the next one if none goes on. */
    void wake();

private:
    std::unique_ptr<juce::DatagramSocket> socket;
    std::vector<char> buffer;

    std::mutex mutex;
    std::unique_ptr<juce::DatagramSocket> waker; // sends to `socket`
    std::condition_variable woken;
    bool wakes = false;
    int wakePort = 0; // 0: the socket is closed
};

} // namespace synthmatch
