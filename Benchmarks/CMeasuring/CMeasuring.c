#include "CMeasuring.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

int64_t measuring_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Never inlined and not empty, so that it is there by its name.
__attribute__((noinline)) void measuring_mark(void) { __asm__ volatile("nop" : : : "memory"); }

#if defined(__GLIBC__)

// The executable's functions of these names stand before the C library's (malloc(3), "Replacing malloc"), which are
// still there by another name.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

// A relaxed load and store, as cheap as a plain number: only the thread that measures allocates while it does.
static int64_t allocations;

static inline void count(void) {
    __atomic_store_n(&allocations, __atomic_load_n(&allocations, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

int64_t measuring_allocations(void) { return __atomic_load_n(&allocations, __ATOMIC_RELAXED); }

void *malloc(size_t size) {
    count();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
    count();
    return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size) {
    count();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    count();
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}

#else

int64_t measuring_allocations(void) { return -1; }

#endif
