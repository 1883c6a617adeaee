"""Servers side by side: each cell of each server in every round, in an order by chance, and ratios within a round."""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

import machine
import tables
from cells import CELLS, Cell
from results import Results, Run
from servers import KINDS, Server

# How often a server of ours may ask memory of the heap for each message, delivery or request, where the goal is never.
# Counting begins after the warm-up. It finds 0.0000, and 0.001 to 0.0025 over io_uring with 16 messages of 1 KiB in flight,
# some of which are torn between two buffers. One allocation for each turn of a smoke, of 40 messages at most with 1 in
# flight, would be 0.025, and is found; what happens once a second is spread over some thousand messages, and passes.
ALLOCATIONS_MAX = 0.02


class Comparison:
    def __init__(self, options, cells: list[Cell], servers: list[Server]):
        self.options = options
        self.cells = cells
        self.servers = servers
        self.server_cpu, self.load_cpu = options.cpus
        self.results = Results(servers[0].name, cells)
        self.chance = random.Random(options.seed)

    def check_starts(self):
        """So that a sitting does not end with a server that never ran."""
        for server in self.servers:
            with server.start(self.server_cpu, {}) as running:
                if not running.wait_until_listening(20):
                    raise SystemExit(f"{server.name} does not listen: {running.last_words()}")
                if server.kind.has_ring and not running.wait_for_ring(2):
                    raise SystemExit(f"{server.name} has no io_uring here: {running.last_words()}")

    def run_all(self):
        self.check_starts()
        for number in range(self.options.rounds):
            for cell in self.cells:
                for server in self.chance.sample(self.servers, len(self.servers)):
                    if server.serves(cell.path):
                        self.results.runs.append(self.run(number, cell, server))
        if self.options.count_allocations:
            self.count_allocations()

    def run(self, number: int, cell: Cell, server: Server) -> Run:
        run = Run(round=number, cell=cell.name, server=server.name)
        arguments = cell.arguments(self.options.seconds, self.options.warm_up)
        run.update(self.measure(server, arguments, {}))
        say(f"round {number + 1}, {cell.name}, {server.name}: " + (
            run["fault"] if run["errors"] else tables.cost_text(cell, run.cost(cell))))
        return run

    def measure(self, server: Server, arguments: list[str], environment: dict[str, str]) -> dict:
        """Starts the server, drives it, and ends it."""
        with server.start(self.server_cpu, environment) as running:
            if not running.wait_until_listening(20):
                return {"errors": 1, "fault": f"does not listen: {running.last_words()}"}
            command = [self.options.load, *arguments, "--port", str(running.port),
                       "--server", str(running.process.pid)]
            try:
                load = subprocess.run(
                    command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180,
                    preexec_fn=lambda: self.load_cpu is None or os.sched_setaffinity(0, {self.load_cpu}))
            except subprocess.TimeoutExpired:
                return {"errors": 1, "fault": "the load did not end"}
            said = json.loads(load.stdout) if load.stdout else {"errors": 1}
            if load.returncode or said["errors"] or not said["answers"]:
                said["errors"] = max(1, said["errors"])
                said["fault"] = (load.stderr.strip() or f"the load ended with {load.returncode}") + ended(running)
            return said

    def count_allocations(self):
        """In runs of their own, since counting takes time."""
        with tempfile.NamedTemporaryFile() as counter:
            counter.truncate(8)
            environment = {"LD_PRELOAD": self.options.count_allocations, "ALLOCATIONS": counter.name}
            for cell in self.cells:
                for server in self.servers:
                    if cell.is_idle or not server.serves(cell.path) or not server.kind.uses_malloc:
                        continue
                    arguments = cell.arguments(min(0.5, self.options.seconds), self.options.warm_up)
                    said = self.measure(server, arguments + ["--allocations", counter.name], environment)
                    for run in self.results.of(cell, server.name):
                        run["allocations"] = said.get("allocations")
                    if server.kind.is_ours and cell.allocates_nothing and not said["errors"]:
                        said |= too_many_allocations(cell, said["allocations"])
                    if said["errors"]:
                        self.results.runs.append(Run(round=-1, cell=cell.name, server=server.name, **said))
                    say(f"allocations, {cell.name}, {server.name}: "
                        + (said["fault"] if said["errors"] else tables.number(said["allocations"], 3)))


def too_many_allocations(cell: Cell, found: float) -> dict:
    if found <= ALLOCATIONS_MAX:
        return {}
    return {"errors": 1, "fault": f"allocates {found:.3f} times for each {cell.unit}, at most {ALLOCATIONS_MAX}"}


def ended(running) -> str:
    status = running.process.poll()
    return "" if status is None else f"; the server ended with {status}: {running.last_words()}"


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=BINARY",
                        help=f"one of {', '.join(KINDS)}; the first is the base")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=COMMAND", help="any other, with {port}")
    parser.add_argument("--load", required=True, help="the load generator")
    parser.add_argument("--count-allocations", metavar="LIBRARY", help="what is preloaded to count allocations")
    parser.add_argument("--cells", help=f"some of {','.join(CELLS)}")
    parser.add_argument("--rounds", type=int, default=7, help="(7)")
    parser.add_argument("--seconds", type=float, default=1.5, help="that are measured, of each run")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before them")
    parser.add_argument("--cpus", type=lambda text: tuple(map(int, text.split(","))),
                        help="the server's and the load's")
    parser.add_argument("--unpinned", action="store_true", help="server and load share all processors")
    parser.add_argument("--seed", type=int, help="of the orders, to have them again")
    parser.add_argument("--small", action="store_true", help="few connections: only to see that all works")
    parser.add_argument("--about", action="append", default=[], metavar="TEXT", help="told with the results")
    parser.add_argument("--json", metavar="FILE", help="where all runs are written")
    options = parser.parse_args()
    if options.unpinned and options.cpus:
        parser.error("--cpus pins, and --unpinned does not")
    options.cpus = (None, None) if options.unpinned else options.cpus or machine.two_cpus()
    options.seed = random.randrange(1 << 32) if options.seed is None else options.seed
    return options


def chosen_cells(options) -> list[Cell]:
    names = options.cells.split(",") if options.cells else list(CELLS)
    for name in names:
        if name not in CELLS:
            raise SystemExit(f"There is no cell {name}: {', '.join(CELLS)}")
    return [CELLS[name].smaller() if options.small else CELLS[name] for name in names]


def chosen_servers(options) -> list[Server]:
    servers = [Server.known(*text.split("=", 1)) for text in options.peer]
    servers += [Server.other(*text.split("=", 1)) for text in options.server]
    if not servers:
        raise SystemExit("No server was named.")
    names = [server.name for server in servers]
    if len(set(names)) < len(names):
        raise SystemExit(f"Two servers have one name: {', '.join(names)}")
    return servers


def tell(comparison: Comparison, about: dict):
    options, results = comparison.options, comparison.results
    names = [server.name for server in comparison.servers]
    ours = [server.name for server in comparison.servers if server.kind.is_ours]
    for cell in comparison.cells:
        print("\n" + tables.cell_table(results, cell, names))
    if options.small:
        print("\nFew connections and little time: it works, and no figure above says more.")
    else:
        print("\n" + tables.document_table(results, names))
        print("\n" + tables.goals_table(results, ours, names))
    print("", *tables.notes(results), *options.about, sep="\n")
    pinned = f"the server on {comparison.server_cpu}, the load on {comparison.load_cpu}"
    print(f"{about['processor']}, Linux {about['kernel']}, {about['processors']} processors: "
          f"{'shared by server and load' if options.unpinned else pinned}; {options.rounds} rounds of {options.seconds} s, "
          f"orders of seed {options.seed}.")
    for run in results.runs:
        if run["errors"]:
            print(f"FAILED: {run['cell']}, {run['server']}, round {run['round'] + 1 or 'of allocations'}: {run['fault']}")
    print(f"{len(results.runs)} runs, {results.all_errors} errors")


def write(comparison: Comparison, about: dict):
    options, results = comparison.options, comparison.results
    with open(options.json, "w") as file:
        json.dump({
            "machine": about, "about": options.about, "rounds": options.rounds, "seconds": options.seconds,
            "cpus": options.cpus, "seed": options.seed, "base": results.base,
            "cells": results.summary([server.name for server in comparison.servers]), "runs": results.runs,
        }, file, indent=1)


def main():
    options = parse()
    # A descriptor for each connection; the servers inherit it.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    comparison = Comparison(options, chosen_cells(options), chosen_servers(options))
    about = machine.description()
    try:
        comparison.run_all()
    finally:
        # Of a sitting that was broken off, too.
        if options.json:
            write(comparison, about)
    tell(comparison, about)
    raise SystemExit(1 if comparison.results.all_errors else 0)


if __name__ == "__main__":
    main()
