#pragma once

#include <malloc.h>
#include <stddef.h>

/// Bytes of the heap that are in use, without what the allocator keeps beside them.
static inline size_t heap_bytes_in_use(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}
