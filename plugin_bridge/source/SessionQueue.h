#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace synthmatch
{

/** One thread and the tasks that wait for it. The thread begins with the first need for it. */
class SessionQueue
{
public:
    using Task = std::function<void()>;

    /** @param turn   called on the thread after each task, and again after as many milliseconds as it says,
                      where nothing comes meanwhile
        @param fault  called on the thread when a task or turn has thrown, for want of memory
    */
    SessionQueue (std::function<int()> turn, Task fault);

    /** Ends as `stop`. */
    ~SessionQueue();

    /** Have the thread run, and its `turn` called. */
    void start();

    /** Put a task behind the others; any thread but the audio thread. With a key, it replaces the last one that
        waits, if that has the same key.
    */
    void post (Task, int key = 0);

    /** Finish the task that runs, forget the others, end the thread. What is posted later is not done. */
    void stop();

private:
    struct Entry
    {
        Task task;
        int key = 0;
    };

    void run();
    bool runNext();
    void startWithLock();

    const std::function<int()> turn;
    const Task fault;
    std::mutex mutex;
    std::condition_variable came;
    std::deque<Entry> entries;
    bool ending = false;
    std::thread thread;
};

} // namespace synthmatch
