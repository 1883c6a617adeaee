#if defined(RNODE_IOURING)
#define _GNU_SOURCE
#endif

#include "CUring.h"

#include <errno.h>

#if defined(RNODE_IOURING)

#include <liburing.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The group that a ring's buffers have.
#define GROUP 1

struct curing {
    struct io_uring ring;
    struct io_uring_buf_ring *offered;
    uint8_t *buffers;
    uint32_t buffer_count, buffer_bytes;
    size_t offered_bytes;
    bool is_enabled;
};

static int set_up(struct io_uring *ring, uint32_t operations, uint32_t flags) {
    struct io_uring_params parameters = {
        .flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED,
        .cq_entries = operations * 4,
    };
    int result = io_uring_queue_init_params(operations, ring, &parameters);
    // Completions that find no room must wait for some, and not be lost (5.5).
    if (result < 0 || parameters.features & IORING_FEAT_NODROP) return result;
    io_uring_queue_exit(ring);
    return -ENOSYS;
}

/// Whether the kernel receives again and again: as old as the operation that is asked for here (6.0).
static bool is_able(struct io_uring *ring) {
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    if (!probe) return false;
    bool is_able = io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
    io_uring_free_probe(probe);
    return is_able;
}

static int offer_buffers(curing *self) {
    self->offered_bytes = self->buffer_count * sizeof(struct io_uring_buf);
    void *offered = mmap(NULL, self->offered_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (offered == MAP_FAILED) return -ENOMEM;
    self->offered = offered;
    size_t size = (size_t)self->buffer_count * self->buffer_bytes;
    void *buffers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffers == MAP_FAILED) return -ENOMEM;
    self->buffers = buffers;
    io_uring_buf_ring_init(self->offered);
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)offered, .ring_entries = self->buffer_count, .bgid = GROUP};
    return io_uring_register_buf_ring(&self->ring, &registration, 0);
}

int curing_create(curing **made, uint32_t operations, uint32_t buffers, uint32_t buffer_bytes) {
    curing *self = calloc(1, sizeof(curing));
    if (!self) return -ENOMEM;
    self->buffer_count = buffers;
    self->buffer_bytes = buffer_bytes;
    // Completions are taken in when this thread asks for them, not in the midst of its work (6.1).
    int result = set_up(&self->ring, operations, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    if (result == -EINVAL) result = set_up(&self->ring, operations, IORING_SETUP_COOP_TASKRUN);
    if (result < 0) {
        free(self);
        return result;
    }
    result = is_able(&self->ring) ? offer_buffers(self) : -ENOSYS;
    if (result < 0) {
        curing_destroy(self);
        return result;
    }
    *made = self;
    return 0;
}

void curing_destroy(curing *self) {
    io_uring_queue_exit(&self->ring);
    if (self->offered) munmap(self->offered, self->offered_bytes);
    if (self->buffers) munmap(self->buffers, (size_t)self->buffer_count * self->buffer_bytes);
    free(self);
}

bool curing_receive(curing *self, int descriptor, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    io_uring_prep_recv_multishot(entry, descriptor, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = GROUP;
    entry->user_data = user_data;
    return true;
}

bool curing_send(curing *self, int descriptor, const void *bytes, uint32_t count, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    io_uring_prep_send(entry, descriptor, bytes, count, MSG_NOSIGNAL);
    entry->user_data = user_data;
    return true;
}

bool curing_poll(curing *self, int descriptor, uint32_t events, bool repeats, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    if (repeats) {
        io_uring_prep_poll_multishot(entry, descriptor, events);
    } else {
        io_uring_prep_poll_add(entry, descriptor, events);
    }
    entry->user_data = user_data;
    return true;
}

bool curing_accept(curing *self, int descriptor, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    io_uring_prep_multishot_accept(entry, descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    entry->user_data = user_data;
    return true;
}

bool curing_cancel(curing *self, uint64_t other, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    io_uring_prep_cancel64(entry, other, 0);
    entry->user_data = user_data;
    return true;
}

bool curing_cancel_all(curing *self, int descriptor, uint64_t user_data) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&self->ring);
    if (!entry) return false;
    io_uring_prep_cancel_fd(entry, descriptor, IORING_ASYNC_CANCEL_ALL);
    entry->user_data = user_data;
    return true;
}

/// The ring belongs to the thread that turns it on: the one that submits first, not the one that made it.
static int enable(curing *self) {
    if (self->is_enabled) return 0;
    // By the system call: liburing 2.3 has a function for this, but does not export it.
    long result = syscall(SYS_io_uring_register, self->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (result < 0) return -errno;
    self->is_enabled = true;
    return 0;
}

int curing_submit(curing *self) {
    int result = enable(self);
    if (result >= 0) result = io_uring_submit_and_get_events(&self->ring);
    return result < 0 ? result : 0;
}

int curing_wait(curing *self, int64_t nanoseconds) {
    int result = enable(self);
    if (result < 0) return result;
    struct io_uring_cqe *first = NULL;
    struct __kernel_timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    result = io_uring_submit_and_wait_timeout(&self->ring, &first, 1, nanoseconds < 0 ? NULL : &time, NULL);
    return result == -ETIME || result == -EINTR || result > 0 ? 0 : result;
}

uint32_t curing_take(curing *self, curing_completion *completions, uint32_t most) {
    uint32_t count = 0;
    unsigned head;
    struct io_uring_cqe *entry;
    io_uring_for_each_cqe(&self->ring, head, entry) {
        if (count == most) break;
        completions[count++] = (curing_completion){
            .user_data = entry->user_data, .result = entry->res, .flags = entry->flags};
    }
    io_uring_cq_advance(&self->ring, count);
    return count;
}

const uint8_t *curing_buffer(const curing *self, uint16_t number) {
    return self->buffers + (size_t)number * self->buffer_bytes;
}

void curing_give(curing *self, uint16_t number) {
    uint8_t *bytes = self->buffers + (size_t)number * self->buffer_bytes;
    io_uring_buf_ring_add(
        self->offered, bytes, self->buffer_bytes, number, io_uring_buf_ring_mask(self->buffer_count), 0);
    io_uring_buf_ring_advance(self->offered, 1);
}

_Static_assert(IORING_CQE_F_BUFFER == 1 && IORING_CQE_F_MORE == 2, "the header's flags are the kernel's");

#else

int curing_create(curing **made, uint32_t operations, uint32_t buffers, uint32_t buffer_bytes) {
    (void)made, (void)operations, (void)buffers, (void)buffer_bytes;
    return -ENOSYS;
}

#endif
