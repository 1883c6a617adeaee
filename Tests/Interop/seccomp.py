"""Forbids a process system calls, as a container's filter does (seccomp(2), a filter of classic BPF)."""

import ctypes
import errno
import struct

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
IO_URING = 425, 426, 427  # io_uring_setup, _enter, _register: the same number on every architecture


def forbid(*numbers: int):
    """Gives what `preexec_fn` calls: from there on these calls answer EPERM."""

    def in_the_child():
        load, jump_if_equal, give = 0x20, 0x15, 0x06
        lines = [struct.pack("HBBI", load, 0, 0, 0)]  # the call's number
        for place, number in enumerate(numbers):
            lines.append(struct.pack("HBBI", jump_if_equal, len(numbers) - place, 0, number))
        lines.append(struct.pack("HBBI", give, 0, 0, ALLOW))
        lines.append(struct.pack("HBBI", give, 0, 0, ERRNO | errno.EPERM))
        code = b"".join(lines)
        # One that lives as long as the call.
        buffer = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(buffer))
        libc = ctypes.CDLL(None, use_errno=True)
        zero = ctypes.c_ulong(0)
        if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        if libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), program, zero, zero) != 0:
            raise OSError(ctypes.get_errno(), "seccomp")

    return in_the_child
