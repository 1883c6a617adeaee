"""Slow peers: clients that drip, and members that take nothing; and what they cost the healthy."""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import sys
import time

import wire

# -- Who drips ------------------------------------------------------------------------------------

# What a drip begins with, the pieces that follow, and the seconds after which the server must have ended it.
HEAD, BODY, FRAGMENTS, READ = "head", "body", "fragments", "read"
# Who reads nothing has half a minute from the last byte that went, and its close frame five seconds more.
DEADLINES = {HEAD: 10, BODY: 10, FRAGMENTS: 30, READ: 35}

# Where they drip. At another server they cost the healthy what a busy machine does, and nothing else: the difference to
# HERE is what they cost through the server.
NOWHERE, HERE, ELSEWHERE = "without", "here", "elsewhere"


class ServerSockets:
    """What the server's kernel says of its side of each connection. The client's own side may learn late that it was reset: a
    reset outside its window is asked about first, and of such questions only so many are sent (RFC 5961 section 3.2)."""

    def __init__(self, port: int):
        self.port = port
        self.untaken: dict[str, int] = {}

    async def watch(self):
        while True:
            untaken = {}
            with open("/proc/net/tcp") as table:
                for line in table:
                    fields = line.split()
                    if fields[1].endswith(f":{self.port:04X}") and fields[3] == "01":
                        untaken[fields[2]] = int(fields[4].partition(":")[0], 16)
            self.untaken = untaken
            await asyncio.sleep(0.2)

    @staticmethod
    def name(address: tuple[str, int]) -> str:
        """How that table names a client."""
        return f"{int.from_bytes(socket.inet_aton(address[0]), 'little'):08X}:{address[1]:04X}"


async def drip(kind: str, sockets: ServerSockets, number: int) -> float:
    """Seconds by which the server ended it too late; below zero when in time."""
    await asyncio.sleep(random.random())
    if kind == READ:
        return await never_read(sockets, number)
    port = sockets.port
    own = (f"127.0.0.{number % 16 + 1}", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=own)
    begin = time.monotonic()
    if kind == HEAD:
        writer.write(b"GET /live HTTP/1.1\r\nX-Slow: ")
    elif kind == BODY:
        writer.write(b"POST /websocket/rooms HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 1000\r\n\r\n")
    else:
        request, accept = wire.upgrade("/echo", port, None)
        writer.write(request)
        if accept not in await reader.readuntil(b"\r\n\r\n"):
            return float("inf")
        begin = time.monotonic()
        writer.write(wire.frame(wire.TEXT, b"x", final=False))
    end = asyncio.create_task(reader.read())
    while not end.done():
        await asyncio.wait([end], timeout=1)
        if not end.done():
            piece = wire.frame(0, b"x", final=False) if kind == FRAGMENTS else b"x"
            writer.write(piece)
        if time.monotonic() - begin > DEADLINES[kind] + 30:
            end.cancel()
            break
    taken = time.monotonic() - begin
    writer.transport.abort()
    return taken - DEADLINES[kind]


async def never_read(sockets: ServerSockets, number: int) -> float:
    """Asks for echoes, and reads none of them, before and after nothing goes any more either way."""
    _, writer = await enter(sockets.port, "/echo", number, receives=4_096)
    writer.transport.pause_reading()
    link = writer.get_extra_info("socket").dup()
    link.setblocking(False)
    name = sockets.name(link.getsockname())
    async with asyncio.timeout(10):
        while name not in sockets.untaken:
            await asyncio.sleep(0.1)
    rest, untaken = b"", 0
    # When the server last sent, or its kernel was rid of something: two seconds of neither are the end.
    last, is_over = time.monotonic(), False
    while name in sockets.untaken and time.monotonic() - last < DEADLINES[READ] + 30:
        try:
            rest = rest or wire.frame(wire.BINARY, bytes(65_536))
            rest = rest[link.send(rest):]
        except BlockingIOError:
            pass
        except OSError:
            break
        is_over = is_over or time.monotonic() - last > 2
        if sockets.untaken[name] != untaken and not is_over:
            untaken = sockets.untaken[name]
            last = time.monotonic()
        await asyncio.sleep(0.2 if is_over else 0.05)
    taken = time.monotonic() - last
    link.close()
    writer.transport.abort()
    return taken - DEADLINES[READ]


async def drips(port: int, count: int):
    kinds = [HEAD, BODY, FRAGMENTS, READ]
    sockets = ServerSockets(port)
    watching = asyncio.create_task(sockets.watch())
    late = await asyncio.gather(
        *(drip(kinds[n % len(kinds)], sockets, n) for n in range(count)), return_exceptions=True)
    watching.cancel()
    errors = [repr(e) for e in late if isinstance(e, BaseException)]
    times = [t for t in late if not isinstance(t, BaseException)]
    print(json.dumps({"count": len(times), "latest": max(times, default=-1), "errors": errors[:3]}))


# -- Who listens ----------------------------------------------------------------------------------

async def listen(port: int, count: int):
    """Members of the ring that take everything and look at nothing."""
    links = []
    for n in range(count):
        links.append(await enter(port, "/ring", n))

    async def swallow(reader):
        while await reader.read(262_144):
            pass

    tasks = [asyncio.create_task(swallow(reader)) for reader, _ in links]
    print("listening", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in tasks:
        task.cancel()
    for _, writer in links:
        writer.transport.abort()


async def enter(port: int, path: str, number: int, receives: int | None = None):
    """An open WebSocket connection."""
    link = socket.socket()
    if receives:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    link.setblocking(False)
    link.bind((f"127.0.0.{number % 16 + 1}", 0))
    await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=link, limit=4_096 if receives else 1 << 20)
    request, accept = wire.upgrade(path, port, None)
    writer.write(request)
    if accept not in await reader.readuntil(b"\r\n\r\n"):
        raise wire.Broken("not opened")
    return reader, writer


# -- Who is healthy -------------------------------------------------------------------------------

async def read_frame(reader) -> tuple[int, bytes]:
    first, count = await reader.readexactly(2)
    if count == 126:
        count = int.from_bytes(await reader.readexactly(2), "big")
    elif count == 127:
        count = int.from_bytes(await reader.readexactly(8), "big")
    return first & 0x0F, await reader.readexactly(count)


async def echo(reader, writer, seconds: float, times: list[float]):
    """One message in flight, five a second."""
    await asyncio.sleep(random.random() / 5)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sent = os.urandom(32)
        begin = time.monotonic()
        writer.write(wire.frame(wire.BINARY, sent))
        opcode, payload = await asyncio.wait_for(read_frame(reader), 30)
        times.append(time.monotonic() - begin)
        if opcode == wire.BINARY and payload != sent:
            raise wire.Broken("not the echo")
        await asyncio.sleep(max(0, 0.2 - times[-1]))


def percentile(times: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1_000


async def healthy(port: int, count: int, seconds: float) -> float:
    """The p99 of so many echo clients."""
    links = [await enter(port, "/echo", n) for n in range(count)]
    times: list[float] = []
    await asyncio.gather(*(echo(reader, writer, seconds, times) for reader, writer in links))
    for _, writer in links:
        writer.close()
    return percentile(times, 0.99)


async def process(*arguments) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, __file__, *map(str, arguments),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)


async def drip_round(port: int, elsewhere: int, count: int, healthy_count: int, seconds: float, where: str):
    """The healthy ones' p99 with drips nowhere, HERE, or at another server; and what those here said."""
    if where == NOWHERE:
        return await healthy(port, healthy_count, seconds), None
    child = await process("drips", port if where == HERE else elsewhere, count)
    await asyncio.sleep(2)
    p99 = await healthy(port, healthy_count, seconds)
    if where == ELSEWHERE:
        child.kill()
        await child.wait()
        return p99, None
    out, _ = await child.communicate()
    return p99, json.loads(out)


# -- A room with members that take nothing --------------------------------------------------------

async def ring_round(port: int, members: int, stalled: int, sampled: int, seconds: float):
    """p99 of a delivery to members that entered last, in a room of which `stalled` take nothing."""
    dead = [await enter(port, "/ring", n, receives=4_096) for n in range(stalled)]
    for _, writer in dead:
        writer.transport.pause_reading()
    child = await process("listen", port, members - stalled - sampled)
    await child.stdout.readline()
    links = [await enter(port, "/ring", n) for n in range(sampled)]
    times: list[float] = []

    async def measure(reader):
        while True:
            _, payload = await read_frame(reader)
            times.append(time.monotonic() - float(payload[:20]))

    tasks = [asyncio.create_task(measure(reader)) for reader, _ in links]
    end = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < end:
        links[sent % sampled][1].write(wire.frame(wire.TEXT, b"%020.9f" % time.monotonic() + b"." * 1_000))
        sent += 1
        await asyncio.sleep(0.2)
    await asyncio.sleep(2)
    for task in tasks:
        task.cancel()
    if len(times) != sent * sampled:
        raise wire.Broken(f"{len(times)} deliveries, not {sent * sampled}")
    child.stdin.write(b"\n")
    await child.wait()
    for _, writer in dead + links:
        writer.transport.abort()
    return percentile(times, 0.99)


async def overfill(server, stalled: int, megabytes: int) -> float:
    """MiB by which the server grows when members that take nothing are sent far more than their cap each."""
    before = server.resident
    dead = [await enter(server.port, "/ring", n, receives=4_096) for n in range(stalled)]
    for _, writer in dead:
        writer.transport.pause_reading()
    reader, writer = await enter(server.port, "/ring", 0)
    highest = before
    for _ in range(megabytes * 16):
        writer.write(wire.frame(wire.BINARY, os.urandom(65_536)))
        await read_frame(reader)
        highest = max(highest, server.resident)
    for _, link in dead:
        link.transport.abort()
    writer.close()
    return highest - before


async def interleaved(rounds: int, conditions: list[str], measure) -> dict[str, list[float]]:
    """Figures under each of the conditions, in turn."""
    figures = {condition: [] for condition in conditions}
    for _ in range(rounds):
        for condition in conditions:
            figures[condition].append(await measure(condition))
    return figures


def told(name: str, figures: dict[str, list[float]]) -> str:
    """Medians, and the first condition's share in the others."""
    plain = statistics.median(next(iter(figures.values())))
    parts = []
    for condition, times in figures.items():
        slow = statistics.median(times)
        parts.append(f"{condition} {slow:.1f} ms ({slow / plain:.2f}; {min(times):.1f}-{max(times):.1f})")
    return f"{name}: p99 {', '.join(parts)}: medians of {len(times)} interleaved rounds"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["drips", "listen"])
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    if given.role == "drips":
        asyncio.run(drips(given.port, given.count))
    else:
        asyncio.run(listen(given.port, given.count))
