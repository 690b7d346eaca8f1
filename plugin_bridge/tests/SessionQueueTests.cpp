#include "SessionRig.h"

#include <atomic>
#include <future>
#include <new>
#include <vector>

using namespace synthmatch;

namespace
{
    int longWait() { return 60000; }
}

TEST_CASE ("Tasks are done in order on one thread, and a key replaces only its neighbour", "[queue]")
{
    std::vector<int> done;
    std::promise<void> go, finished;
    SessionQueue queue (longWait, [] {});
    queue.post ([&] { go.get_future().wait(); });
    queue.post ([&] { done.push_back (1); }, 7);
    queue.post ([&] { done.push_back (2); }, 7);
    queue.post ([&] { done.push_back (3); });
    queue.post ([&] { done.push_back (4); }, 7);
    queue.post ([&] { done.push_back (5); }, 8);
    queue.post ([&] { finished.set_value(); });
    go.set_value();
    finished.get_future().wait();
    CHECK (done == std::vector<int> { 2, 3, 4, 5 });
}

TEST_CASE ("Its turn comes after every task and again after the time it says", "[queue]")
{
    std::atomic<int> turns { 0 };
    std::promise<void> third;
    SessionQueue queue (
        [&]
        {
            if (++turns == 3)
                third.set_value();
            return turns < 3 ? 1 : 60000;
        },
        [] {});
    CHECK (turns == 0); // no thread before there is a need for it
    queue.start();
    third.get_future().wait();
    std::promise<void> done;
    queue.post ([&] { done.set_value(); });
    done.get_future().wait();
    queue.stop();
    CHECK (turns >= 3);
}

TEST_CASE ("A task that throws is told, and the next one is done", "[queue]")
{
    std::atomic<int> faults { 0 };
    std::promise<void> done;
    SessionQueue queue (longWait, [&] { ++faults; });
    queue.post ([] { throw std::bad_alloc(); });
    queue.post ([&] { done.set_value(); });
    done.get_future().wait();
    CHECK (faults == 1);
}

TEST_CASE ("When it stops, what waits is forgotten, and nothing is taken any more", "[queue]")
{
    std::atomic<bool> wrong { false };
    std::promise<void> begun, go;
    auto token = std::make_shared<int>();
    const std::weak_ptr<int> waiting (token);
    SessionQueue queue (longWait, [] {});
    queue.post (
        [&]
        {
            begun.set_value();
            go.get_future().wait();
        });
    queue.post ([&wrong, held = std::move (token)] { wrong = true; });
    begun.get_future().wait();
    auto stopped = std::async (std::launch::async, [&] { queue.stop(); });
    CHECK (fake::comesTrue ([&] { return waiting.expired(); }));
    go.set_value();
    stopped.wait();
    queue.post ([&] { wrong = true; });
    CHECK_FALSE (wrong);
}
