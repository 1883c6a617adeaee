#pragma once

#include <stdint.h>

/// How often memory was asked of the heap so far by this process; -1 where that can't be counted.
///
/// Every malloc, calloc, realloc and aligned allocation counts, whoever asked: Swift's runtime, zlib, the C library.
int64_t measuring_allocations(void);

/// Processor time of the calling thread so far, in nanoseconds: what others do on the machine is not in it.
int64_t measuring_nanoseconds(void);

/// A mark for callgrind, which is told to write at it what it has counted since the last one.
void measuring_mark(void);

/// Has a result count as used, so that the work behind it is not optimised away. Costs no instruction.
static inline void measuring_keep(int64_t value) {
    __asm__ volatile("" : : "r"(value) : "memory");
}
