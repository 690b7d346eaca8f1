#pragma once

/** Counts what an audio thread must not do, on the calling thread, while a guard lives.

    Allocations and what frees them are counted everywhere; locks, waits and the system calls behind files and
    sleep with glibc on Linux, as far as they go through its functions (`seesLocks`); and any system call on
    Linux x86-64 where the kernel lets a thread trap its own (`seesSystemCalls`). Not under a sanitizer, which
    replaces the same functions: there nothing is seen.
*/
class AudioThreadGuard
{
public:
    AudioThreadGuard();
    ~AudioThreadGuard();

    AudioThreadGuard (const AudioThreadGuard&) = delete;
    AudioThreadGuard& operator= (const AudioThreadGuard&) = delete;

    int allocations() const; // malloc, free, new, delete and their kin
    int locks() const;
    int systemCalls() const; // the first of each guard is counted

    static bool seesAllocations();
    static bool seesLocks();
    static bool seesSystemCalls();
};
