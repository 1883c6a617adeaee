"""Whether a built BenchmarkServer gets io_uring here: built with the trait, and allowed by the kernel.

    has_ring.py <binary>     exits with 0 when it does
"""

import sys

from servers import Server

with Server.known("rnode-io_uring", sys.argv[1]).start(None, {}) as running:
    raise SystemExit(0 if running.wait_until_listening(20) and running.wait_for_ring(2) else 1)
