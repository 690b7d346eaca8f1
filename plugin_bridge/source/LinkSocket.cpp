#include "LinkSocket.h"

namespace synthmatch
{

namespace
{

constexpr auto host = "127.0.0.1"; // not localhost, which may be IPv6
constexpr int readBytes = 65536;
constexpr int maxForeign = 256;
constexpr double longestPollS = 3600.0;
constexpr auto errorPause = std::chrono::milliseconds (10);

} // namespace

bool LinkSocket::open()
{
    close();
    auto opened = std::make_unique<juce::DatagramSocket>();

    if (! opened->bindToPort (0, host) || opened->getBoundPort() <= 0)
        return false;

    socket = std::move (opened);
    const std::lock_guard<std::mutex> lock (mutex);

    if (waker == nullptr)
    {
        waker = std::make_unique<juce::DatagramSocket>();
        waker->bindToPort (0, host);
    }

    wakePort = socket->getBoundPort();
    return true;
}

void LinkSocket::close()
{
    {
        const std::lock_guard<std::mutex> lock (mutex);
        wakePort = 0;
    }
    socket.reset();
}

void LinkSocket::send (const juce::MemoryBlock& datagram, int port)
{
    if (socket != nullptr && datagram.getSize() > 0)
        socket->write (host, port, datagram.getData(), static_cast<int> (datagram.getSize()));
}

void LinkSocket::wait (double seconds)
{
    {
        std::unique_lock<std::mutex> lock (mutex);

        if (socket == nullptr)
        {
            if (seconds > longestPollS)
                woken.wait (lock, [this] { return wakes; });
            else
                woken.wait_for (lock, std::chrono::duration<double> (seconds), [this] { return wakes; });
        }

        if (std::exchange (wakes, false) || socket == nullptr)
            return;
    }

    const auto ms = juce::roundToInt (std::ceil (1000.0 * juce::jlimit (0.0, longestPollS, seconds)));

    if (socket->waitUntilReady (true, ms) < 0)
    {
        std::unique_lock<std::mutex> lock (mutex);
        woken.wait_for (lock, errorPause, [this] { return wakes; });
        lock.unlock();
        open(); // answers go to where the last request came from
    }

    const std::lock_guard<std::mutex> lock (mutex);
    wakes = false;
}

LinkSocket::Received LinkSocket::read (int port)
{
    buffer.resize (readBytes);

    for (int foreign = 0; foreign < maxForeign && socket != nullptr; ++foreign)
    {
        if (socket->waitUntilReady (true, 0) != 1)
            break;

        juce::String fromHost;
        int fromPort = 0;
        const auto size = socket->read (buffer.data(), readBytes, false, fromHost, fromPort);

        if (fromHost == host && fromPort == port && size > 0)
            return { buffer.data(), static_cast<size_t> (size) };
    }

    return {};
}

void LinkSocket::wake()
{
    const std::lock_guard<std::mutex> lock (mutex);

    if (std::exchange (wakes, true))
        return;

    woken.notify_all();

    if (wakePort > 0)
        waker->write (host, wakePort, "", 1);
}

} // namespace synthmatch
