"""Runs Autobahn's cases against a server of ours and says what each came to. Called by scripts/autobahn."""

import argparse
import asyncio
import datetime
import multiprocessing
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import suite
from client import Connection

TARGET = "/autobahn"
# Behaviours and closes that are right. INFORMATIONAL is what the suite calls a case whose outcome RFC 6455 leaves open.
RIGHT = {"OK", "INFORMATIONAL"}
# Cases that wait more than they work run side by side; the others would measure each other.
LIGHT_GROUPS, SIDE_BY_SIDE = {1, 2, 3, 4, 5, 6, 7, 10}, 24
CASE_TIMEOUT = 1200
# With every read and write of the server at 1 to 7 bytes: messages up to 1 MiB, and one size of 12 and 13, 1,024 bytes.
CHOPPED = "1-7,10,9.1.1,9.1.2,9.1.3,9.2.1,9.2.2,9.2.3,9.5,9.6,9.7,9.8," + ",".join(
    [f"12.{kind}.4" for kind in range(1, 6)] + [f"13.{kind}.4" for kind in range(1, 8)]
)


def selected(cases, wanted):
    """Those that `wanted` names: groups (`9`), ranges of groups (`1-7`), or ids and their beginnings (`9.1`)."""
    chosen = set()
    for part in wanted.split(","):
        first, _, last = part.partition("-")
        if last:
            groups = [str(group) for group in range(int(first), int(last) + 1)]
            found = {id for id, _ in cases if id.split(".")[0] in groups}
        else:
            found = {id for id, _ in cases if f"{id}.".startswith(f"{part}.")}
        if not found:
            sys.exit(f"--cases {part}: there is no such case")
        chosen |= found
    return chosen


def share(cases, text):
    """Every n-th case of 12 and 13, from the k-th on; `auto/n` takes a k that changes from day to day."""
    which, _, parts = text.partition("/")
    parts = int(parts)
    turn = datetime.date.today().toordinal() if which == "auto" else int(which) - 1
    compressed = [id for id, _ in cases if id.startswith(("12.", "13."))]
    return set(compressed[turn % parts :: parts])


def chosen_cases(cases, arguments):
    if arguments.full:
        wanted = {id for id, _ in cases}
    else:
        wanted = selected(cases, arguments.cases)
        if arguments.share:
            wanted |= share(cases, arguments.share)
    if arguments.chop:
        wanted &= selected(cases, CHOPPED)
    return wanted


# -- one process of clients ----------------------------------------------------------------------


async def run_case(id, case_class, port):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    begin = time.monotonic()
    connection = None

    def make():
        nonlocal connection
        connection = Connection(id, case_class, TARGET, done)
        return connection

    try:
        transport, _ = await loop.create_connection(make, "127.0.0.1", port)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.wait_for(done, CASE_TIMEOUT)
        case = connection.case
        notes = [case.result, case.resultClose, *connection.notes]
        return id, case.behavior, case.behaviorClose, "; ".join(notes), time.monotonic() - begin
    except Exception as fault:
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        return id, "FAILED", "FAILED", f"the case could not be run: {fault!r}", time.monotonic() - begin


async def run_all(tasks, results, port, classes):
    gate = asyncio.Semaphore(SIDE_BY_SIDE)
    running = set()

    async def one(id):
        results.put(await run_case(id, classes[id], port))

    async def one_of_many(id):
        async with gate:
            await one(id)

    while True:
        try:
            id = tasks.get(timeout=0.5)
        except queue.Empty:
            break
        if int(id.split(".")[0]) in LIGHT_GROUPS:
            task = asyncio.create_task(one_of_many(id))
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(0)
        else:
            await one(id)
    await asyncio.gather(*running)


def clients(tasks, results, port):
    asyncio.run(run_all(tasks, results, port, dict(suite.load())))


# -- the server, and the whole -------------------------------------------------------------------


def started(arguments, output):
    """The server and its port; what it prints goes to `output`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # B12: glibc fills memory it gives with 0xA5 and memory it gets back with 0x5A, so that what was never written shows.
    environment = {**os.environ, "MALLOC_PERTURB_": "90"}
    command = [arguments.server, "--port", str(port), "--backend", arguments.backend, "--log-level", "error"]
    if arguments.chop:
        command.append("--chop")
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, env=environment)
    for _ in range(1500):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server, port
        except OSError:
            time.sleep(0.02)
    server.kill()
    sys.exit("The server did not start")


def backend_of(server, asked):
    """What the server's loops wait with: where the kernel gives no io_uring, epoll takes its place, and the verdict says so."""
    folder = f"/proc/{server.pid}/fd"
    for _ in range(100 if asked == "io_uring" else 0):
        try:
            if any(os.readlink(f"{folder}/{name}") == "anon_inode:[io_uring]" for name in os.listdir(folder)):
                return asked
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    return "epoll, for there is no io_uring here" if asked == "io_uring" else asked


def line(id, result):
    behavior, close, notes, seconds = result
    return f"{id:10} {behavior:14} {close:18} {seconds:7.2f} s  {notes}"


def run(wanted, port, jobs, is_verbose):
    # The light cases first, side by side in each process; the heavy ones are then taken one by one.
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    for id in wanted:
        tasks.put(id)
    workers = [multiprocessing.Process(target=clients, args=(tasks, results, port)) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    found = {}
    while len(found) < len(wanted):
        try:
            id, *result = results.get(timeout=5)
            found[id] = result
            if is_verbose:
                print(line(id, result), flush=True)
        except queue.Empty:
            if not any(worker.is_alive() for worker in workers):
                break
    for worker in workers:
        worker.join()
    return found


def report(ids, found):
    """Prints the cases that are not right and the table of groups; returns how many are not right."""
    wrong = []
    for id in ids:
        result = found.get(id, ("FAILED", "FAILED", "not run", 0))
        if not RIGHT.issuperset(result[:2]):
            wrong.append(id)
            print(line(id, result))
    print(f"\n{'group':8}{'cases':>6}  behaviour; close")
    for group in dict.fromkeys(id.split(".")[0] for id in ids):
        of_group = [found.get(id, ("FAILED", "FAILED")) for id in ids if id.split(".")[0] == group]
        behaviors, closes = (Counter(one[place] for one in of_group) for place in (0, 1))
        words = ["; ".join(", ".join(f"{name} {count}" for name, count in sorted(c.items())) for c in (behaviors, closes))]
        print(f"{group:8}{len(of_group):6}  {words[0]}")
    return len(wrong)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--backend", default="epoll", choices=["epoll", "io_uring", "poll"])
    parser.add_argument("--chop", action="store_true", help="the server's reads and writes move 1 to 7 bytes each")
    parser.add_argument("--cases", default="1-7,9,10")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--share")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    if arguments.chop and arguments.backend == "io_uring":
        parser.error("a ring receives and sends for the transports it knows, and only polls one that chops")

    cases = suite.load()
    wanted = chosen_cases(cases, arguments)
    ids = [id for id, _ in cases if id in wanted]
    ordered = sorted(ids, key=lambda id: int(id.split(".")[0]) not in LIGHT_GROUPS)
    begin = time.monotonic()
    output = tempfile.TemporaryFile()
    server, port = started(arguments, output)
    backend = backend_of(server, arguments.backend)
    try:
        found = run(ordered, port, arguments.jobs, arguments.verbose)
    finally:
        died = server.poll()
        server.send_signal(signal.SIGTERM)
        code = server.wait(30)
    wrong = report(ids, found)
    output.seek(0)
    chopped = sum(map(int, re.findall(rb"^Chopped (\d+) calls$", output.read(), re.MULTILINE)))
    how = f"{backend}{f', {chopped} calls chopped' if arguments.chop else ''}"
    bad = Counter(one for id in ids for one in set(found.get(id, ("FAILED", "FAILED"))[:2]) - RIGHT)
    print(
        f"\nAutobahn on {how}: {len(ids)} of {len(cases)} cases, {len(ids) - wrong} right, "
        f"{bad['FAILED']} FAILED, {bad['NON-STRICT']} NON-STRICT, {bad['UNCLEAN']} UNCLEAN, "
        f"{wrong} not right in all; {time.monotonic() - begin:.0f} s"
    )
    if died is not None or code != 0:
        print(f"The server ended with {died if died is not None else code}")
    # Each byte takes a seventh of a call at least; a case has more than ten.
    if arguments.chop and chopped < 10 * len(ids):
        print("The server's calls were not chopped")
        return 1
    return 1 if wrong or not ids or died is not None or code != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
