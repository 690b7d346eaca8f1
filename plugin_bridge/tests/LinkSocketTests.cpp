#include "LinkSocket.h"

#include "WaitFor.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <limits>
#include <thread>

namespace synthmatch
{

namespace
{

constexpr auto forGood = std::numeric_limits<double>::infinity();

/** The next datagram from a port, as text; empty if none comes. */
juce::String readFrom (LinkSocket& socket, int port)
{
    for (int turn = 0; turn < 100; ++turn)
    {
        if (const auto received = socket.read (port); received.count > 0)
            return juce::String::fromUTF8 (received.bytes, static_cast<int> (received.count));

        socket.wait (1.0);
    }

    return {};
}

} // namespace

TEST_CASE ("socket: datagrams go both ways, and those of others are not read")
{
    juce::DatagramSocket backend, stranger;
    REQUIRE (backend.bindToPort (0, "127.0.0.1"));
    REQUIRE (stranger.bindToPort (0, "127.0.0.1"));
    LinkSocket socket;
    REQUIRE (socket.open());
    socket.send (juce::MemoryBlock ("hello", 5), backend.getBoundPort());

    char bytes[100];
    juce::String from;
    int port = 0;
    REQUIRE (backend.waitUntilReady (true, 60000) == 1);
    REQUIRE (backend.read (bytes, sizeof (bytes), false, from, port) == 5);
    CHECK (from == "127.0.0.1");

    stranger.write ("127.0.0.1", port, "lie", 3);
    backend.write ("127.0.0.1", port, "", 0);
    backend.write ("127.0.0.1", port, "welcome", 7);
    CHECK (readFrom (socket, backend.getBoundPort()) == "welcome");
    CHECK (socket.read (backend.getBoundPort()).count == 0);
}

 #if JUCE_LINUX
TEST_CASE ("socket: nobody from another computer can reach it")
{
    juce::DatagramSocket backend;
    REQUIRE (backend.bindToPort (0, "127.0.0.1"));
    LinkSocket socket;
    REQUIRE (socket.open());
    socket.wake();
    socket.send (juce::MemoryBlock ("hello", 5), backend.getBoundPort());

    char bytes[100];
    juce::String from;
    int port = 0;
    REQUIRE (backend.waitUntilReady (true, 60000) == 1);
    backend.read (bytes, sizeof (bytes), false, from, port);
    const auto hex = juce::String::toHexString (port).paddedLeft ('0', 4).toUpperCase();
    const auto table = juce::File ("/proc/net/udp").loadFileAsString();
    CHECK (table.contains ("0100007F:" + hex));
    CHECK_FALSE (table.contains ("00000000:" + hex));
}
 #endif

TEST_CASE ("socket: a wait ends when it is woken, open or closed, before or meanwhile")
{
    const auto isOpen = GENERATE (false, true);
    LinkSocket socket;

    if (isOpen)
        REQUIRE (socket.open());

    socket.wake();
    socket.wait (forGood);

    for (int round = 0; round < 200; ++round)
    {
        std::atomic<bool> woken { false };
        std::thread waker ([&] {
            woken = true;
            socket.wake();
        });

        while (! woken)
            socket.wait (forGood);

        waker.join();
        socket.wait (0.0);
    }
}

TEST_CASE ("socket: what cannot be sent or read is let be")
{
    LinkSocket socket;
    socket.send (juce::MemoryBlock ("hello", 5), 40000);
    CHECK (socket.read (40000).count == 0);
    REQUIRE (socket.open());
    socket.send ({}, 40000);
    socket.send (juce::MemoryBlock (100000), 40000); // more than UDP takes
    socket.close();
    socket.close();
    CHECK (socket.read (40000).count == 0);
    socket.wait (0.0);
}

} // namespace synthmatch
