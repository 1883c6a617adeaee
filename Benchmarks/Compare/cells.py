"""The cells of the table: what is measured, and what is aimed at."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cell:
    name: str
    title: str
    # What the server is asked for, and what the load generator does.
    path: str
    mode: str
    connections: int = 64
    depth: int = 1
    size: int = 20
    deflate: bool = False
    # What one answer is called.
    unit: str = "message"
    # Our processor time may be at most this share of that of uWebSockets.
    goal: float | None = None
    # The same over io_uring, where that is another.
    goal_io_uring: float | None = None
    # Our bytes for each idle connection may be at most so many.
    goal_bytes: int | None = None
    # Whether ours must answer without asking memory of the heap.
    allocates_nothing: bool = False

    def goal_of(self, server: str) -> float | None:
        """What one of ours may take beside uWebSockets."""
        return self.goal_io_uring or self.goal if server == "rnode-io_uring" else self.goal

    @property
    def is_idle(self) -> bool:
        return self.mode == "idle"

    @property
    def is_filled(self) -> bool:
        """Whether many small messages are in flight, so that the server's own code is most of what is measured."""
        return self.depth >= 8

    def arguments(self, seconds: float, warm_up: float) -> list[str]:
        arguments = [self.mode, "--path", self.path, "--connections", str(self.connections), "--depth", str(self.depth),
                     "--size", str(self.size), "--warmup", str(warm_up), "--seconds", str(seconds)]
        return arguments + (["--deflate"] if self.deflate else [])

    def smaller(self) -> "Cell":
        """The same with fewer connections: whether it works is seen with them, too."""
        return replace(self, connections=min(self.connections, 500 if self.is_idle else 40))


def _cells() -> list[Cell]:
    def echo(name, title, goal, **more):
        return Cell(name, f"echo {title}", "/echo", "echo", goal=goal, **more)

    def fan_out(name, title, goal, path="/room", **more):
        return Cell(name, f"fan-out {title}", path, "fanout", connections=500, unit="delivery", goal=goal, **more)

    def get(name, title, goal, **more):
        return Cell(name, f"HTTP GET, {title}", "/plain", "http", unit="request", goal=goal, allocates_nothing=True,
                    **more)

    def idle(name, title, path, goal_bytes):
        return Cell(name, f"idle connections on {title}", path, "idle", connections=10_000, unit="connection",
                    goal_bytes=goal_bytes)

    return [
        echo("echo-20-1", "20 B, 64 connections, 1 in flight", 0.96, allocates_nothing=True),
        echo("echo-20-16", "20 B, 64 connections, 16 in flight", 0.93, depth=16, allocates_nothing=True),
        echo("echo-1k-1", "1 KiB, 64 connections, 1 in flight", 0.95, size=1024, allocates_nothing=True),
        echo("echo-1k-16", "1 KiB, 64 connections, 16 in flight", 0.90, size=1024, depth=16, allocates_nothing=True),
        echo("echo-16k-4", "16 KiB, 16 connections, 4 in flight", 0.60, size=16384, depth=4, connections=16,
             allocates_nothing=True),
        Cell("deflate-1k", "deflate echo 1 KiB, 64 connections, 1 in flight", "/deflate", "echo", size=1024,
             deflate=True, goal=0.60, allocates_nothing=True),
        fan_out("fanout-1", "64 B to 500, 1 in flight", 0.92, size=64, goal_io_uring=0.85, allocates_nothing=True),
        fan_out("fanout-8", "64 B to 500, 8 in flight", 0.90, size=64, goal_io_uring=0.85, depth=8,
                allocates_nothing=True),
        fan_out("fanout-deflate", "1 KiB to 500, compressed, 1 in flight", 0.25, "/room-deflate", size=1024,
                deflate=True, allocates_nothing=True),
        get("http-1", "64 connections, 1 in flight", 1.00),
        get("http-16", "64 connections, 16 pipelined", 0.60, depth=16),
        idle("idle", "a raw route", "/echo", 300),
        idle("idle-full", "a route with the full protocol", "/full", 800),
    ]


CELLS = {cell.name: cell for cell in _cells()}
