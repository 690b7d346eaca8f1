#include "AudioThreadGuard.h"

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SYNTHMATCH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SYNTHMATCH_SANITIZED 1
#endif
#endif

#if ! SYNTHMATCH_SANITIZED && defined(__linux__) && defined(__GLIBC__)
#define SYNTHMATCH_SEES_LIBRARY 1
#include <dlfcn.h>
#include <pthread.h>
#if defined(__x86_64__)
#define SYNTHMATCH_SEES_SYSTEM_CALLS 1
#include <csignal>
#include <sys/prctl.h>
#include <ucontext.h>
#endif
#elif ! SYNTHMATCH_SANITIZED
#define SYNTHMATCH_SEES_NEW 1
#endif

namespace
{

thread_local bool guarded = false;
thread_local int allocationsSeen = 0, locksSeen = 0, systemCallsSeen = 0;

#if SYNTHMATCH_SEES_LIBRARY || SYNTHMATCH_SEES_NEW
void countAllocation() noexcept
{
    if (guarded)
        ++allocationsSeen;
}
#endif

} // namespace

//======================================================================= allocations and locks, glibc
#if SYNTHMATCH_SEES_LIBRARY

#define SEEN extern "C" __attribute__ ((visibility ("default")))

extern "C"
{
    void* __libc_malloc (size_t);
    void* __libc_calloc (size_t, size_t);
    void* __libc_realloc (void*, size_t);
    void* __libc_memalign (size_t, size_t);
    void __libc_free (void*);
}

SEEN void* malloc (size_t bytes)
{
    countAllocation();
    return __libc_malloc (bytes);
}

SEEN void* calloc (size_t count, size_t bytes)
{
    countAllocation();
    return __libc_calloc (count, bytes);
}

SEEN void* realloc (void* old, size_t bytes)
{
    countAllocation();
    return __libc_realloc (old, bytes);
}

SEEN void* memalign (size_t alignment, size_t bytes)
{
    countAllocation();
    return __libc_memalign (alignment, bytes);
}

SEEN void* aligned_alloc (size_t alignment, size_t bytes)
{
    countAllocation();
    return __libc_memalign (alignment, bytes);
}

SEEN int posix_memalign (void** found, size_t alignment, size_t bytes)
{
    countAllocation();
    *found = __libc_memalign (alignment, bytes);
    return *found != nullptr ? 0 : 12; // ENOMEM
}

SEEN void free (void* old)
{
    if (old != nullptr)
        countAllocation();
    __libc_free (old);
}

namespace
{

/** The library's own function, behind ours. */
template <typename Function>
int locked (Function*& real, const char* name, void* lock)
{
    if (guarded)
        ++locksSeen;
    if (real == nullptr)
        real = reinterpret_cast<Function*> (dlsym (RTLD_NEXT, name));
    return real (lock);
}

int (*realLock) (void*) = nullptr;
int (*realTryLock) (void*) = nullptr;
int (*realReadLock) (void*) = nullptr;
int (*realWriteLock) (void*) = nullptr;

} // namespace

SEEN int pthread_mutex_lock (pthread_mutex_t* lock) noexcept
{
    return locked (realLock, "pthread_mutex_lock", lock);
}

SEEN int pthread_mutex_trylock (pthread_mutex_t* lock) noexcept
{
    return locked (realTryLock, "pthread_mutex_trylock", lock);
}

SEEN int pthread_rwlock_rdlock (pthread_rwlock_t* lock) noexcept
{
    return locked (realReadLock, "pthread_rwlock_rdlock", lock);
}

SEEN int pthread_rwlock_wrlock (pthread_rwlock_t* lock) noexcept
{
    return locked (realWriteLock, "pthread_rwlock_wrlock", lock);
}

//======================================================================= allocations elsewhere
#elif SYNTHMATCH_SEES_NEW

void* operator new (std::size_t bytes)
{
    countAllocation();
    if (auto* found = std::malloc (bytes > 0 ? bytes : 1))
        return found;
    throw std::bad_alloc();
}

void* operator new[] (std::size_t bytes) { return operator new (bytes); }

void operator delete (void* old) noexcept
{
    if (old != nullptr)
        countAllocation();
    std::free (old);
}

void operator delete[] (void* old) noexcept { operator delete (old); }
void operator delete (void* old, std::size_t) noexcept { operator delete (old); }
void operator delete[] (void* old, std::size_t) noexcept { operator delete (old); }

#endif

//======================================================================= system calls
#if SYNTHMATCH_SEES_SYSTEM_CALLS

namespace
{

constexpr int dispatch = 59;             // PR_SET_SYSCALL_USER_DISPATCH, of Linux 5.11
thread_local volatile char selector = 0; // 1: the kernel sends SIGSYS instead of making a system call

/** Count it, and make it after all. */
void systemCall (int, siginfo_t* signal, void* context)
{
    selector = 0;
    ++systemCallsSeen;
    auto& registers = static_cast<ucontext_t*> (context)->uc_mcontext.gregs;
    registers[REG_RIP] -= 2; // back to the instruction
    registers[REG_RAX] = signal->si_syscall;
}

bool trapSystemCalls (bool on)
{
    if (! on)
        return prctl (dispatch, 0, 0, 0, 0) == 0;
    struct sigaction action {};
    action.sa_sigaction = systemCall;
    action.sa_flags = SA_SIGINFO;
    return sigaction (SIGSYS, &action, nullptr) == 0 && prctl (dispatch, 1, 0, 0, &selector) == 0;
}

} // namespace

#endif

//======================================================================= the guard
AudioThreadGuard::AudioThreadGuard()
{
    allocationsSeen = locksSeen = systemCallsSeen = 0;
#if SYNTHMATCH_SEES_SYSTEM_CALLS
    if (trapSystemCalls (true))
        selector = 1;
#endif
    guarded = true;
}

AudioThreadGuard::~AudioThreadGuard()
{
    guarded = false;
#if SYNTHMATCH_SEES_SYSTEM_CALLS
    selector = 0;
    trapSystemCalls (false);
#endif
}

int AudioThreadGuard::allocations() const { return allocationsSeen; }
int AudioThreadGuard::locks() const { return locksSeen; }
int AudioThreadGuard::systemCalls() const { return systemCallsSeen; }

bool AudioThreadGuard::seesAllocations()
{
#if SYNTHMATCH_SEES_LIBRARY || SYNTHMATCH_SEES_NEW
    return true;
#else
    return false;
#endif
}

bool AudioThreadGuard::seesLocks()
{
#if SYNTHMATCH_SEES_LIBRARY
    return true;
#else
    return false;
#endif
}

bool AudioThreadGuard::seesSystemCalls()
{
#if SYNTHMATCH_SEES_SYSTEM_CALLS
    const auto works = trapSystemCalls (true);
    trapSystemCalls (false);
    return works;
#else
    return false;
#endif
}
