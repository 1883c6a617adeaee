"""Lists where a benchmark spends its instructions, from the dumps of callgrind.

    callgrind.py <folder> [lines]

The folder holds what `RNodeBenchmarks --counting <folder>/list` listed and callgrind dumped as <folder>/counted.N-01. Each
line is a function: its own instructions for one unit, how often it is called for one, and from where most.
(callgrind_annotate attributes the dumps after the first to one function alone.)
"""

import collections
import pathlib
import re
import subprocess
import sys

NAME = re.compile(r"(c?fn)=\((\d+)\)(?: (.*))?$")
COST = re.compile(r"[+\-*]?\d* (\d+)$")


class Profile:
    """The last of some dumps; names are spelled out only where they first occur, so all are read."""

    def __init__(self, paths):
        self.names = {}
        for path in paths:
            self.own = collections.Counter()
            self.calls = collections.defaultdict(collections.Counter)
            self.read(path)

    def read(self, path):
        function = called = None
        is_call = False
        for line in path.read_text(errors="replace").splitlines():
            if match := NAME.match(line):
                kind, number, name = match.groups()
                if name:
                    self.names[number] = name
                if kind == "fn":
                    function = number
                else:
                    called = number
            elif line.startswith("calls="):
                self.calls[called][function] += int(line[6:].split()[0])
                is_call = True
            elif match := COST.match(line):
                # The line behind a call is what the callee took.
                if not is_call:
                    self.own[function] += int(match[1])
                is_call = False

    @property
    def total(self):
        return sum(self.own.values())

    def own_by_name(self):
        """So that dumps of two processes, each with numbers of its own, can be compared."""
        named = collections.Counter()
        for number, cost in self.own.items():
            named[self.names.get(number, "?")] += cost
        return named

    def demangled(self):
        return dict(zip(self.names, demangled(self.names.values())))


def demangled(names):
    return subprocess.run(
        ["swift", "demangle", "--compact", "--simplified"], input="\n".join(names), capture_output=True, text=True,
        check=True).stdout.splitlines()


def main(folder, lines):
    entries = (folder / "list").read_text().split("\n")[:-1]
    name, runs, units = entries[-1].split()
    profile = Profile([folder / f"counted.{number}-01" for number, _ in enumerate(entries, 1)])
    names = profile.demangled()
    total = int(runs) * int(units)
    print(f"{name}: {profile.total / total:,.1f} instructions for each of {total:,} units\n")
    for function, cost in profile.own.most_common(lines):
        if cost / total < 0.05:
            break
        callers = profile.calls[function]
        print(f"{cost / total:9.1f}  {sum(callers.values()) / total:7.2f} calls  {names.get(function, '?')[:140]}")
        for caller, count in callers.most_common(2):
            print(f"{'':27} {count / total:7.2f} from {names.get(caller, '?')[:120]}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 25)
