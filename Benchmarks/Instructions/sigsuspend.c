// Preloaded into a server under valgrind 3.19, which writes into the mask that sigsuspend is given. libdispatch gives one in
// memory that is only read, and there the main thread of a Swift program would end the process. glibc, x86_64 and arm64.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    // The kernel's set has a bit for each of 64 signals.
    return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
