#pragma once

// One io_uring of the kernel's, through liburing, behind plain functions: liburing's own are macros and inline code over
// unions, which Swift can't see. Without the package trait IOURing nothing of this is there but curing_create, which says
// ENOSYS, and no library is needed.
//
// All but curing_create is called by one thread: the first that submits.

#include <stdbool.h>
#include <stdint.h>

/// A ring, and the buffers that the kernel may fill; opaque.
typedef struct curing curing;

/// What came of an operation.
typedef struct curing_completion {
    /// The number that the operation was given.
    uint64_t user_data;
    /// What the system call would have returned, or the error's number, negative.
    int32_t result;
    /// CURING_MORE and CURING_HAS_BUFFER; with the latter, the buffer's number from bit 16 on.
    uint32_t flags;
} curing_completion;

/// The operation goes on, and completes again.
static const uint32_t CURING_MORE = 1u << 1;
/// The bytes are in a buffer of the ring's.
static const uint32_t CURING_HAS_BUFFER = 1u << 0;

/// Makes a ring with room for so many operations of one turn, and `buffers` (a power of two) of `buffer_bytes` each, none of
/// which the kernel has yet. 0, or an error's number, negative: ENOSYS when the kernel can't do what is needed (6.0 can).
int curing_create(curing **made, uint32_t operations, uint32_t buffers, uint32_t buffer_bytes);

/// Gives the ring back to the kernel. No operation may be under way.
void curing_destroy(curing *ring);

// Each of these is done when it is submitted; false when there is no room before that.

/// Receives into the ring's buffers, again and again.
bool curing_receive(curing *ring, int descriptor, uint64_t user_data);
/// Sends some of the bytes, which must stay as they are until the completion.
bool curing_send(curing *ring, int descriptor, const void *bytes, uint32_t count, uint64_t user_data);
/// Waits for events of poll(2), once or each time they come; hang-ups and errors are told of in any case.
bool curing_poll(curing *ring, int descriptor, uint32_t events, bool repeats, uint64_t user_data);
/// Accepts again and again; what is accepted is non-blocking and closed by exec.
bool curing_accept(curing *ring, int descriptor, uint64_t user_data);
/// Ends the operation that was given the number `other`.
bool curing_cancel(curing *ring, uint64_t other, uint64_t user_data);
/// Ends all operations on a descriptor.
bool curing_cancel_all(curing *ring, int descriptor, uint64_t user_data);

/// Begins what was asked for, and takes in what has completed. 0, or an error's number, negative.
int curing_submit(curing *ring);

/// The same, and waits until something has completed, for at most so many nanoseconds; for ever when negative.
int curing_wait(curing *ring, int64_t nanoseconds);

/// Writes completions, the oldest first; how many.
uint32_t curing_take(curing *ring, curing_completion *completions, uint32_t most);

/// The bytes of a buffer.
const uint8_t *curing_buffer(const curing *ring, uint16_t number);

/// Gives a buffer to the kernel, to be filled.
void curing_give(curing *ring, uint16_t number);
