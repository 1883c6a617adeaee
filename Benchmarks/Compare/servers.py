"""Servers as processes: how each is started, what it serves, and that it ends."""

import os
import random
import shlex
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

COMMON = frozenset({"/echo", "/deflate", "/room", "/room-deflate", "/plain"})


@dataclass(frozen=True)
class Kind:
    """How a server of a name is started, with {binary} and {port} filled in."""

    command: str
    paths: frozenset[str] = COMMON
    # Whether its allocations are malloc's, so that they can be counted.
    uses_malloc: bool = True
    # Whether goals are for it.
    is_ours: bool = False
    # Whether it must have a ring of io_uring, and not what takes its place.
    has_ring: bool = False
    environment: dict[str, str] = field(default_factory=dict)


KINDS = {
    "rnode": Kind("{binary} --port {port} --loops 1", COMMON | {"/full"}, is_ours=True),
    "rnode-io_uring": Kind("{binary} --port {port} --loops 1 --backend io_uring", COMMON | {"/full"}, is_ours=True,
                           has_ring=True),
    "uwebsockets": Kind("{binary} {port}"),
    "nio": Kind("{binary} {port}", frozenset({"/echo", "/room", "/plain"})),
    "go": Kind("{binary} {port}", uses_malloc=False),
    "node": Kind("node {binary} {port}", uses_malloc=False, environment={"NODE_PATH": "/usr/share/nodejs"}),
}


class Server:
    """One that can be started again and again, for each measurement anew."""

    def __init__(self, name: str, command: str, kind: Kind):
        self.name = name
        self.command = command
        self.kind = kind

    @classmethod
    def known(cls, name: str, binary: str) -> "Server":
        kind = KINDS[name]
        return cls(name, kind.command.replace("{binary}", shlex.quote(binary)), kind)

    @classmethod
    def other(cls, name: str, command: str) -> "Server":
        return cls(name, command, Kind(command))

    def serves(self, path: str) -> bool:
        return path in self.kind.paths

    def start(self, cpu: int | None, environment: dict[str, str]) -> "RunningServer":
        return RunningServer(self, cpu, environment)


class RunningServer:
    """A server's process; leaving the `with` ends it."""

    def __init__(self, server: Server, cpu: int | None, environment: dict[str, str]):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            shlex.split(server.command.format(port=self.port)), stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, preexec_fn=lambda: cpu is None or os.sched_setaffinity(0, {cpu}),
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no", **server.kind.environment, **environment})

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(self, *_):
        # It has nothing to lose, and how it would end is another test's concern.
        self.process.kill()
        self.process.wait()
        self.log.close()

    def wait_until_listening(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.02)
        return False

    def wait_for_ring(self, seconds: float) -> bool:
        """Whether it waits by io_uring; where that can't be had, ours takes epoll. A loop may begin after it listens."""
        end = time.monotonic() + seconds
        while "anon_inode:[io_uring]" not in self.descriptors():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def descriptors(self) -> list[str]:
        folder = f"/proc/{self.process.pid}/fd"
        found = []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                # The probe's connection, which has just ended.
                continue
        return found

    def last_words(self) -> str:
        self.log.seek(0)
        return self.log.read()[-500:].decode(errors="replace").strip()


def free_port() -> int:
    """Below those that the kernel gives to clients, so that no client has it in the meantime."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
