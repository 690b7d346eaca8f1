#include "SessionQueue.h"

#include <chrono>
#include <exception>

namespace synthmatch
{

SessionQueue::SessionQueue (std::function<int()> turnToTake, Task onFault)
    : turn (std::move (turnToTake)), fault (std::move (onFault))
{
}

SessionQueue::~SessionQueue()
{
    stop();
}

void SessionQueue::start()
{
    const std::lock_guard<std::mutex> lock (mutex);
    startWithLock();
}

void SessionQueue::post (Task task, int key)
{
    const std::lock_guard<std::mutex> lock (mutex);
    if (ending)
        return;
    if (key != 0 && ! entries.empty() && entries.back().key == key)
        entries.back().task = std::move (task);
    else
        entries.push_back ({ std::move (task), key });
    startWithLock();
    came.notify_one();
}

void SessionQueue::stop()
{
    std::deque<Entry> forgotten;
    {
        const std::lock_guard<std::mutex> lock (mutex);
        ending = true;
        forgotten.swap (entries);
        came.notify_one();
    }
    forgotten.clear();
    if (thread.joinable())
        thread.join();
}

void SessionQueue::startWithLock()
{
    if (! thread.joinable() && ! ending)
        thread = std::thread ([this] { run(); });
}

void SessionQueue::run()
{
    for (auto goesOn = true; goesOn;)
    {
        try
        {
            goesOn = runNext();
        }
        catch (const std::exception&)
        {
            fault();
        }
    }
}

bool SessionQueue::runNext()
{
    const std::chrono::milliseconds wait (turn());
    Task task;
    {
        std::unique_lock<std::mutex> lock (mutex);
        came.wait_for (lock, wait, [this] { return ending || ! entries.empty(); });
        if (ending)
            return false;
        if (! entries.empty())
        {
            task = std::move (entries.front().task);
            entries.pop_front();
        }
    }
    if (task)
        task();
    return true;
}

} // namespace synthmatch
