"""What whole servers take: user-space instructions for each message, over real sockets, counted by callgrind.

64 connections each send some texts of 20 B to /echo, or some requests for /plain, in one write and await their answers,
again and again. While they write, the server is stopped where it waits, so that all are ready in one wait, and what one
wrote comes in one read. A server is run twice, for some rounds and for more of them, and the difference is what the
further rounds took: free of its start, handshakes and end.
"""

import argparse
import itertools
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import gates
from callgrind import Profile, demangled
from servers import RunningServer, Server
from tables import lined_up

CONNECTIONS = 64
TEXT = b"abcdefghijklmnopqrst"
BODY = b"Hello, World!"
MASK = b"\x12\x34\x56\x78"
HANDSHAKE = (
    "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
# Valgrind starts slowly.
SECONDS_MAX = 60
# One that never waits is stopped all the same.
IDLE_SECONDS_MAX = 0.1


class Texts:
    """WebSocket texts, which are echoed."""

    name = "texts"
    unit = "text of 20 B that is echoed"

    def opened(self, port: int) -> socket.socket:
        connection = connected(port)
        connection.sendall(HANDSHAKE.format(port=port).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            got = connection.recv(1)
            if not got:
                break
            head += got
        if not head.startswith(b"HTTP/1.1 101 "):
            raise SystemExit(f"No WebSocket was opened: {head!r}")
        return connection

    def asked(self, _port: int, _number: int) -> bytes:
        return bytes([0x81, 0x80 | len(TEXT)]) + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(TEXT))

    def right(self, answers: bytes, count: int) -> bool | None:
        """Whether these are the answers; None where more are to come."""
        wanted = (bytes([0x81, len(TEXT)]) + TEXT) * count
        return None if len(answers) < len(wanted) else answers == wanted


class Requests:
    """GET of a fixed response: always the same head, or each with a field like no other."""

    def __init__(self, differ: bool):
        self.differ = differ
        self.name = "unlikeRequests" if differ else "likeRequests"
        self.unit = "request whose head " + ("has a field like no other" if differ else "is as the one before")

    def opened(self, port: int) -> socket.socket:
        return connected(port)

    def asked(self, port: int, number: int) -> bytes:
        field = f"X-Request: {number:010}\r\n" if self.differ else ""
        return f"GET /plain HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{field}\r\n".encode()

    def right(self, answers: bytes, count: int) -> bool | None:
        pieces = answers.split(b"\r\n\r\n" + BODY)
        if len(pieces) <= count:
            return None
        return pieces.pop() == b"" and len(pieces) == count and all(
            piece.startswith(b"HTTP/1.1 200 ") and BODY not in piece for piece in pieces)


def connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def is_idle(process: int) -> bool:
    """Whether each of its threads waits for something."""
    states = (path.read_text().rsplit(")", 1)[1].split()[0] for path in pathlib.Path(f"/proc/{process}/task").glob("*/stat"))
    return all(state == "S" for state in states)


def exchange(running: RunningServer, connections: list[socket.socket], kind, count: int, numbers):
    """One round."""
    process = running.process.pid
    # A stop interrupts a wait, and not a turn: where it comes must not be chance.
    end = time.monotonic() + IDLE_SECONDS_MAX
    while not is_idle(process) and time.monotonic() < end:
        time.sleep(0.0001)
    os.kill(process, signal.SIGSTOP)
    os.waitid(os.P_PID, process, os.WSTOPPED)
    for connection in connections:
        connection.sendall(b"".join(kind.asked(running.port, next(numbers)) for _ in range(count)))
    os.kill(process, signal.SIGCONT)
    for connection in connections:
        got = b""
        while (verdict := kind.right(got, count)) is None:
            piece = connection.recv(1 << 16)
            if not piece:
                raise SystemExit(f"A connection was closed: {running.last_words()}")
            got += piece
        if not verdict:
            raise SystemExit(f"Not what was asked for came back: {got!r}")


def profile(server: Server, preload: str, kind, count: int, rounds: int, dump: pathlib.Path) -> Profile:
    command = f"valgrind --tool=callgrind --callgrind-out-file={shlex.quote(str(dump))} {server.command}"
    with Server(server.name, command, server.kind).start(None, {
            "LD_PRELOAD": preload, "SWIFT_DETERMINISTIC_HASHING": "1"}) as running:
        if not running.wait_until_listening(SECONDS_MAX):
            raise SystemExit(f"{server.name} does not listen under valgrind: {running.last_words()}")
        connections = [kind.opened(running.port) for _ in range(CONNECTIONS)]
        numbers = itertools.count()
        for _ in range(rounds):
            exchange(running, connections, kind, count, numbers)
        for connection in connections:
            connection.close()
        running.process.send_signal(signal.SIGINT)
        running.process.wait(SECONDS_MAX)
    return Profile([dump])


def without_debug_data(server: Server, folder: pathlib.Path) -> Server:
    """The same without what valgrind 3.19 can't read: the debug data of Swift's compiler."""
    program, *rest = server.command.split(" ", 1)
    path = shutil.which(program)
    if not path or pathlib.Path(path).read_bytes()[:4] != b"\x7fELF":
        return server
    copy = folder / f"{server.name}.program"
    subprocess.run(["strip", "-g", "-o", str(copy), path], check=True)
    return Server(server.name, " ".join([shlex.quote(str(copy)), *rest]), server.kind)


class Count:
    """What one server takes for each of so many messages of a kind in a read."""

    def __init__(self, server: Server, kind, in_a_read: int, options):
        first, second = (
            profile(server, options.preload, kind, in_a_read, rounds, options.place / f"{server.name}.{kind.name}.{in_a_read}.{rounds}")
            for rounds in options.rounds)
        self.messages = (options.rounds[1] - options.rounds[0]) * CONNECTIONS * in_a_read
        self.each = (second.total - first.total) / self.messages
        self.own = second.own_by_name()
        self.own.subtract(first.own_by_name())

    def functions(self, lines: int) -> str:
        found = self.own.most_common(lines)
        names = demangled(name for name, _ in found)
        return "\n".join(f"{cost / self.messages:9.1f}  {name[:140]}" for (_, cost), name in zip(found, names))


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=BINARY", help="ours: rnode")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=COMMAND", help="any other, with {port}")
    parser.add_argument("--preload", required=True, metavar="LIBRARY", help="the built sigsuspend.c")
    parser.add_argument("--place", required=True, type=pathlib.Path, help="a folder for dumps")
    parser.add_argument("--texts", type=numbers, default=[1, 16], help="in a read (1,16); none: 0")
    parser.add_argument("--requests", type=numbers, default=[1, 16], help="in a read (1,16); none: 0")
    parser.add_argument("--rounds", type=numbers, default=[100, 300], help="of the two runs (100,300)")
    parser.add_argument("--gates", metavar="FILE", help="what ours is held to; a breach is a failure")
    parser.add_argument("--profile", type=int, default=0, metavar="LINES", help="and so many functions of each")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [number for number in map(int, text.split(",")) if number > 0]


def main():
    options = parse()
    servers = [Server.known(*text.split("=", 1)) for text in options.peer]
    servers += [Server.other(*text.split("=", 1)) for text in options.server]
    profiles = []
    ours: dict[str, dict[int, float]] = {}
    tables = []
    for kind, counts in ((Texts(), options.texts), (Requests(False), options.requests), (Requests(True), options.requests)):
        rows = [["", *(f"{count} in a read" for count in counts)]]
        for server in servers:
            stripped = without_debug_data(server, options.place)
            row = [server.name]
            for in_a_read in counts:
                count = Count(stripped, kind, in_a_read, options)
                where = f"{server.name}, {kind.unit}, {in_a_read} in a read"
                say(f"{where}: {count.each:,.1f}")
                row.append(f"{count.each:,.1f}")
                if server.kind.is_ours:
                    ours.setdefault(kind.name, {})[in_a_read] = count.each
                if options.profile:
                    profiles.append(f"\n{where}\n{count.functions(options.profile)}")
            rows.append(row)
        if counts:
            tables.append(f"User-space instructions for each {kind.unit}, {CONNECTIONS} connections\n{lined_up(rows)}\n")
    print("\n".join(tables))
    for text in profiles:
        print(text)
    if options.gates:
        print()
        breaches = gates.hold(options.gates, ours)
        print("", *breaches or ["All gates hold."], sep="\n")
        raise SystemExit(1 if breaches else 0)


if __name__ == "__main__":
    main()
