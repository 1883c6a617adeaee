#pragma once

// What Swift's Glibc module cannot see of Linux: epoll, eventfd, accept4, openat2, and two C functions
// whose type depends on feature macros. Header only; empty on any other system.

#if defined(__linux__)

// As few headers as can be, and no feature macro: a C type that this module and Swift's Glibc module both
// bring along must be the same in both, and may be found in either. What is not declared by these headers
// goes by its system call.

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

struct sockaddr;
extern long syscall(long number, ...);

// The kernel has one value for closed-by-exec and one for non-blocking: O_CLOEXEC is SOCK_CLOEXEC is EFD_CLOEXEC.
#define CLINUX_CLOEXEC EFD_CLOEXEC
#define CLINUX_NONBLOCK EFD_NONBLOCK

// MARK: - epoll

static const uint32_t CLINUX_EPOLLIN = 0x001u;
static const uint32_t CLINUX_EPOLLOUT = 0x004u;
static const uint32_t CLINUX_EPOLLERR = 0x008u;
static const uint32_t CLINUX_EPOLLHUP = 0x010u;
static const uint32_t CLINUX_EPOLLRDHUP = 0x2000u;
static const uint32_t CLINUX_EPOLLEXCLUSIVE = 1u << 28;
static const uint32_t CLINUX_EPOLLET = 1u << 31;

/// An epoll instance that is closed by exec; -1 with errno.
static inline int clinux_epoll_create(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

/// epoll_ctl(EPOLL_CTL_ADD) with a token.
static inline int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

/// epoll_ctl(EPOLL_CTL_MOD) with a token.
static inline int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
}

/// epoll_ctl(EPOLL_CTL_DEL).
static inline int clinux_epoll_remove(int epoll, int descriptor) {
    struct epoll_event unused = {0};
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused);
}

// MARK: - eventfd

/// A non-blocking eventfd that is closed by exec; -1 with errno.
static inline int clinux_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/// A non-blocking pipe that is closed by exec; -1 with errno.
static inline int clinux_pipe(int ends[2]) {
    return (int)syscall(SYS_pipe2, ends, CLINUX_CLOEXEC | CLINUX_NONBLOCK);
}

// MARK: - Sockets

/// accept4 that makes a non-blocking socket that is closed by exec; -1 with errno.
static inline int clinux_accept(int listener, struct sockaddr *address, uint32_t *length) {
    return (int)syscall(SYS_accept4, listener, address, length, CLINUX_NONBLOCK | CLINUX_CLOEXEC);
}

// The C library's recv and send can be cancelled (pthread_cancel), which nobody here asks for: in a process with threads each
// call begins and ends that with a locked instruction. Its syscall is a call, and sets errno. So these two, which are made for
// each read and each answer, are the kernel's call alone.

/// A call of the kernel with six arguments; what it returns, or an error number below 0. errno says nothing after it.
static inline __attribute__((always_inline)) long clinux_call(
    long number, long first, long second, long third, long fourth, long fifth, long sixth
) {
#if defined(__x86_64__) && !defined(__ILP32__)
    // The registers of syscall(2), of which the kernel overwrites rax, rcx and r11.
    register long r10 __asm__("r10") = fourth;
    register long r8 __asm__("r8") = fifth;
    register long r9 __asm__("r9") = sixth;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    long result = syscall(number, first, second, third, fourth, fifth, sixth);
    return result == -1 ? -(long)errno : result;
#endif
}

/// recvfrom without flags and address, made again when interrupted; how many bytes, or an error number below 0.
static inline __attribute__((always_inline)) long clinux_receive(int descriptor, void *bytes, size_t count) {
    long result;
    do result = clinux_call(SYS_recvfrom, descriptor, (long)bytes, (long)count, 0, 0, 0);
    while (result == -EINTR);
    return result;
}

/// sendto without an address, made again when interrupted; how many bytes, or an error number below 0.
static inline __attribute__((always_inline)) long clinux_send(int descriptor, const void *bytes, size_t count, int flags) {
    long result;
    do result = clinux_call(SYS_sendto, descriptor, (long)bytes, (long)count, flags, 0, 0);
    while (result == -EINTR);
    return result;
}

// MARK: - Files

static const uint64_t CLINUX_RESOLVE_NO_XDEV = 0x01;
static const uint64_t CLINUX_RESOLVE_NO_MAGICLINKS = 0x02;
static const uint64_t CLINUX_RESOLVE_NO_SYMLINKS = 0x04;
static const uint64_t CLINUX_RESOLVE_BENEATH = 0x08;
static const uint64_t CLINUX_RESOLVE_IN_ROOT = 0x10;

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/// The kernel's struct open_how (Linux 5.6), which older system headers lack.
struct clinux_open_how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

/// openat2, which no C library wraps; -1 with errno (ENOSYS before Linux 5.6, EPERM under some seccomp filters).
static inline int clinux_openat2(
    int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve
) {
    struct clinux_open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

// MARK: - Errors

#if defined(__GLIBC__)
// The POSIX form of strerror_r: glibc declares the GNU one instead when _GNU_SOURCE is set.
extern int __xpg_strerror_r(int code, char *text, size_t capacity);
#define clinux_posix_strerror_r __xpg_strerror_r
#else
extern int strerror_r(int code, char *text, size_t capacity);
#define clinux_posix_strerror_r strerror_r
#endif

/// Writes the text of an error number, with its final NUL; 0 when all of it is there.
static inline int clinux_error_text(int code, char *text, size_t capacity) {
    return clinux_posix_strerror_r(code, text, capacity);
}

#endif
