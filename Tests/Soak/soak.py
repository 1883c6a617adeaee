"""The soak: fills a server, lets it live, empties it, and holds what is left against what was there before."""

import argparse
import asyncio
import os
import sys
import time

import slow
from crowd import Crowd
from server import Server

SLOPE_MAX = 1.0  # MiB of resident memory a minute
HEAP_GROWTH_MAX = 1 << 20  # bytes in use after two crowds of the same size
STALLED_CAP = 1.0  # MiB of output that one stalled member may hold
LATE_MAX = 1.0  # seconds after its deadline by which a drip must be gone


def slope(samples: list[tuple[float, float]]) -> float:
    """By least squares: how much the second rises with a minute of the first."""
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    above = sum((x - mean_x) * (y - mean_y) for x, y in samples)
    return 60 * above / sum((x - mean_x) ** 2 for x, _ in samples)


class Verdicts:
    """Each a line, and whether it held."""

    def __init__(self):
        self.failed = 0

    def hold(self, is_right: bool, what: str):
        self.failed += not is_right
        print(("ok    " if is_right else "FAILED"), what, flush=True)

    def tell(self, what: str):
        print("      ", what, flush=True)


async def crowd_phase(server: Server, options, seconds: float, name: str, verdicts: Verdicts):
    """A crowd comes, stays and goes. Returns the samples of resident memory, and what is left in the end."""
    count = options.connections
    rooms = [await server.make_room(f"{name}-{n}") for n in range(max(1, count // 25))]
    crowd = Crowd(server.port, rooms, options.pause, options.life)
    crowd.gather(count, rate=options.rate)
    await crowd.everybody_open(count, patience=60 + 4 * count / options.rate)
    begin, samples, most = time.monotonic(), [], 0
    next_report = 60
    while (elapsed := time.monotonic() - begin) < seconds:
        samples.append((elapsed, server.resident))
        most = max(most, server.descriptors)
        if elapsed >= next_report:
            next_report += 60
            tally = crowd.tally
            verdicts.tell(f"{elapsed:5.0f} s: {samples[-1][1]:.1f} MiB, {server.descriptors} descriptors, "
                          f"{tally.opened} opened, {tally.echoes} echoes, {tally.deliveries} deliveries")
        await asyncio.sleep(1)
    live = await server.live()
    await crowd.disperse(patience=240)
    tally = crowd.tally
    verdicts.tell(
        f"{name}: {live['connections']} connections open, {live['members']} members of {live['rooms']} rooms, at most "
        f"{most} descriptors; {tally.opened} opened, {tally.closed} closed, {tally.deflated} with deflate "
        f"({tally.kept} with streams of their own), {tally.echoes} echoes and {tally.deliveries} deliveries right, {tally.late} sent later than planned")
    for fault in tally.faults:
        verdicts.tell(fault)
    verdicts.hold(not tally.faults, f"{name}: every answer came and was right")
    verdicts.hold(live["connections"] >= count * 0.95, f"{name}: {count} connections at once (95 % amid the churn)")
    return samples, await server.at_rest(patience=120)


async def soak(server: Server, options, verdicts: Verdicts):
    # The first crowd makes what a server of this size keeps: tables, pools, code pages. The second must add nothing.
    _, baseline = await crowd_phase(server, options, options.warm_up, "first crowd", verdicts)
    verdicts.tell(f"baseline: {baseline}")
    samples, left = await crowd_phase(server, options, options.seconds, "second crowd", verdicts)
    verdicts.tell(f"left:     {left}")
    for name in ("connections", "members", "descriptors"):
        verdicts.hold(left[name] <= baseline[name], f"{name}: {left[name]}, as before ({baseline[name]})")
    # The rooms that the second crowd talked in stay until they are removed: an allowance of 2 KiB for each.
    allowed = HEAP_GROWTH_MAX + 2_048 * (left["rooms"] - baseline["rooms"])
    grown = left["heapBytes"] - baseline["heapBytes"]
    verdicts.hold(grown <= allowed, f"heap in use grew by {grown / 1024:.0f} KiB (at most {allowed / 1024:.0f})")
    late = [sample for sample in samples if sample[0] >= options.seconds * 0.2]
    rise = slope(late)
    verdicts.hold(
        rise < SLOPE_MAX,
        f"resident memory rose by {rise:.3f} MiB a minute over the last {late[-1][0] - late[0][0]:.0f} s "
        f"(least squares, {len(late)} samples, {min(y for _, y in late):.1f}-{max(y for _, y in late):.1f} MiB)")


async def slow_peers(server: Server, other: Server, options, verdicts: Verdicts):
    drips: list[dict] = []

    async def drip_round(where: str) -> float:
        p99, said = await slow.drip_round(
            server.port, other.port, options.drips, options.healthy, options.round_seconds, where)
        if said:
            drips.append(said)
        return p99

    verdicts.tell(slow.told(
        f"{options.healthy} healthy beside {options.drips} drips",
        await slow.interleaved(options.rounds, [slow.NOWHERE, slow.HERE, slow.ELSEWHERE], drip_round)))
    gone, latest = sum(said["count"] for said in drips), max(said["latest"] for said in drips)
    for said in drips:
        for error in said["errors"]:
            verdicts.tell(error)
    verdicts.hold(gone == options.drips * options.rounds and latest <= LATE_MAX,
                  f"{gone} drips gone, the last {latest:.2f} s after its deadline (at most {LATE_MAX} s)")

    stalled = options.stalled
    grown = await slow.overfill(server, stalled, megabytes=16)
    verdicts.hold(grown <= stalled * STALLED_CAP + 2,
                  f"{stalled} stalled members, 16 MiB for each: {grown:.1f} MiB more resident "
                  f"(at most {STALLED_CAP} each, and 2 for the rest)")

    async def ring_round(where: str) -> float:
        return await slow.ring_round(
            server.port, options.members, stalled if where == slow.HERE else 0, 40, options.round_seconds)

    verdicts.tell(slow.told(f"a room of {options.members}, {stalled} of them stalled",
                            await slow.interleaved(options.rounds, [slow.NOWHERE, slow.HERE], ring_round)))
    left = await server.at_rest(patience=120)
    verdicts.hold(left["connections"] == left["members"] == 0, f"after the slow ones: {left}")


async def run(options) -> int:
    verdicts = Verdicts()
    server = Server(options.server, options.loops)
    try:
        await soak(server, options, verdicts)
        other = Server(options.server, options.loops)
        try:
            await slow_peers(server, other, options, verdicts)
        finally:
            other.stop()
    finally:
        status, log = server.stop()
    verdicts.hold(status == 0, f"the server ended with {status}")
    if log:
        verdicts.tell(log[-2_000:])
    print(f"soak: {'all held' if verdicts.failed == 0 else f'{verdicts.failed} FAILED'}; load average {os.getloadavg()}")
    return 1 if verdicts.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the binary of SoakServer")
    parser.add_argument("--seconds", type=float, default=600, help="how long the crowd stays")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--warm-up", type=float, default=30, help="how long the first crowd stays")
    parser.add_argument("--rate", type=float, default=400, help="clients that come a second, at first")
    parser.add_argument("--pause", type=float, default=12, help="seconds between a client's messages, on average")
    parser.add_argument("--life", type=float, default=90, help="seconds a client stays, on average")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--round-seconds", type=float, default=25)
    parser.add_argument("--drips", type=int, default=2_000)
    parser.add_argument("--healthy", type=int, default=200)
    parser.add_argument("--members", type=int, default=1_000)
    parser.add_argument("--stalled", type=int, default=10)
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
