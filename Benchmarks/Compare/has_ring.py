"""Whether io_uring can be had here.

    has_ring.py              exits with 0 when the kernel gives a ring that ours can use
    has_ring.py <binary>     exits with 0 when a built BenchmarkServer gets one: built with the trait, and allowed by the kernel
"""

import ctypes
import os
import platform
import re
import sys

from servers import Server

# The same number on all processors that Swift is for.
IO_URING_SETUP = 425
PARAMETERS_BYTES = 120
# What the backend needs beyond a ring came with it.
KERNEL_MIN = (6, 0)


def kernel_gives_ring() -> bool:
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    if not version or tuple(map(int, version.groups())) < KERNEL_MIN:
        return False
    # Forbidden by a container's rules or by a sysctl, it is -1.
    descriptor = ctypes.CDLL(None).syscall(IO_URING_SETUP, 8, ctypes.create_string_buffer(PARAMETERS_BYTES))
    if descriptor < 0:
        return False
    os.close(descriptor)
    return True


def server_gets_ring(binary: str) -> bool:
    with Server.known("rnode-io_uring", binary).start(None, {}) as running:
        # Long enough for a machine that does much else: where it gets none, the smoke fails.
        return running.wait_until_listening(20) and running.wait_for_ring(10)


if __name__ == "__main__":
    raise SystemExit(0 if (server_gets_ring(sys.argv[1]) if sys.argv[1:] else kernel_gives_ring()) else 1)
