// Preloaded into the server: each recv takes, and each send gives, 1 to 7 bytes, so that no two bytes of a frame can
// be relied on to come or go together. Deterministic: the lengths go round in a fixed order on each thread.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

static size_t chopped(size_t count) {
    static _Thread_local unsigned turn;
    static const unsigned char lengths[] = {1, 7, 2, 5, 3, 6, 4, 1, 1, 7, 4, 2, 2};
    size_t length = lengths[turn++ % sizeof lengths];
    return count < length ? count : length;
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
    static ssize_t (*real)(int, void *, size_t, int);
    if (!real) real = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    return real(descriptor, bytes, chopped(count), flags);
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    static ssize_t (*real)(int, const void *, size_t, int);
    if (!real) real = (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    return real(descriptor, bytes, chopped(count), flags);
}
