"""Counts the `ud2` of each function in the objects of a release build, and compares with the allowed ones.

    trap_audit.py <release folder> <folder of the lists> [--list]

Two lists: `decoders.txt` for the modules that decode and RNodeApp's Control, `receiving.txt` for where RNodeApp takes
in what those modules inline into it: the way of a read from the loop to a callback.

A line of the list: module, count, function, two spaces and a number sign, reason. A function stands for all of its
specializations and closures.
"""

import collections
import pathlib
import re
import subprocess
import sys

# How many traps each list allows: a number that only falls.
MOST = {"decoders.txt": 623, "receiving.txt": 15}

# What decodes bytes from the wire. Of RNodeApp it is the folder Control.
MODULES = ("RNodeBytes", "RNodeHTTP", "RNodeWS")
CONTROL = re.compile(
    r"\b(JSON(Scanner|String|Nesting|Text|Limits|Value)|ControlMessage|ControlWriter|ControlFault|"
    r"MessageID|MessagePayload|BlockedMessage|Welcome|Timestamp)\b")

# What takes a read to a session or a parser, and its steps to callbacks: framing, unmasking and UTF-8 are inlined there.
RECEIVING = re.compile(
    r"(AppLoop\.(receiv\w+|take|begin|opening|requestedClientID|withPayload|admits\w*|account|setDeadline|fail)\()|"
    r"(LoopHandler\.received\()|(^TrieRouter\.)")


def demangled(names):
    text = subprocess.run(
        ["swift", "demangle", "--compact", "--simplified"], input="\n".join(names),
        capture_output=True, text=True, check=True).stdout
    return dict(zip(names, text.splitlines()))


def function(name):
    """The function that a closure, a specialization or a witness belongs to."""
    name = re.sub(r"^(.* (of|in)|specialized|merged|outlined|partial apply for|\$defer #\d+) (?!conformance)", "", name)
    previous = None
    while name != previous:
        previous = name
        name = re.sub(r"^(specialized|merged|static|protocol witness for|implicit closure #\d+) ", "", name)
    return re.sub(r"\(.*\) in _[0-9A-F]+", "", name) or previous


def traps(folder, module):
    objects = sorted(pathlib.Path(folder, f"{module}.build").glob("*.o"))
    if not objects:
        sys.exit(f"There are no objects of {module} in {folder}")
    counts = collections.Counter()
    for path in objects:
        text = subprocess.run(
            ["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True,
            check=True).stdout
        symbol = None
        for line in text.splitlines():
            if line.endswith(">:"):
                symbol = line[line.index("<") + 1:-2]
            elif line.endswith("\tud2"):
                counts[symbol] += 1
    return counts


def found(folder):
    """The traps of each list's functions."""
    lists = {"decoders.txt": collections.Counter(), "receiving.txt": collections.Counter()}
    for module in (*MODULES, "RNodeApp"):
        counts = traps(folder, module)
        names = demangled(list(counts))
        for symbol, count in counts.items():
            name = function(names[symbol])
            if module != "RNodeApp" or CONTROL.search(names[symbol]):
                lists["decoders.txt"][module, name] += count
            elif RECEIVING.search(name):
                lists["receiving.txt"][module, name] += count
    return lists


def allowed(path):
    result = {}
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        entry, mark, reason = line.partition("  # ")
        parts = entry.split(" ", 2)
        if not mark or not reason.strip() or len(parts) != 3 or not parts[1].isdigit():
            sys.exit(f"{path}:{number}: not `module count function  # reason`")
        result[parts[0], parts[2]] = int(parts[1])
    return result


def before_last_change(path):
    """The sum of the list as it was before its last change; None without a history."""
    folder = pathlib.Path(path).parent
    def git(*arguments):
        return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True).stdout
    changes = git("log", "-2", "--format=%H", "--", pathlib.Path(path).name).split()
    if not changes:
        return None
    # With a change that is not committed yet, the last commit's list is the one before.
    is_changed = git("diff", "HEAD", "--name-only", "--", pathlib.Path(path).name) != ""
    commit = changes[0] if is_changed else changes[-1]
    text = git("show", f"{commit}:./{pathlib.Path(path).name}")
    return sum(int(line.split(" ", 2)[1]) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def differences(path, now):
    """Prints how the traps differ from those that a list allows; returns how many functions do."""
    before = allowed(path)
    wrong = 0
    for key in sorted(now.keys() | before.keys()):
        count, limit = now[key], before.get(key, 0)
        if count == limit:
            continue
        wrong += 1
        verdict = "more than allowed: mend it" if count > limit else "fewer: shrink the list"
        print(f"{key[0]} {key[1]}: {count} traps, {limit} allowed, {verdict}")
    print(f"{path.name}: {sum(now.values())} traps in {len(now)} functions; {wrong} differ from the list")
    # The list may only shrink: a function's number may rise where another's falls by as many, the sum never.
    was, is_now = before_last_change(path), sum(before.values())
    if is_now != MOST[path.name]:
        print(f"{path.name} allows {is_now} traps, MOST says {MOST[path.name]}: it may only shrink, and MOST with it")
        wrong += 1
    if was is not None and is_now > was:
        print(f"{path.name} allows {is_now} traps, and {was} before its last change: it may only shrink")
        wrong += 1
    return wrong


def main():
    folder, lists = sys.argv[1], pathlib.Path(sys.argv[2])
    wrong = 0
    for name, now in found(folder).items():
        if "--list" in sys.argv:
            print(f"# {name}")
            for (module, place), count in sorted(now.items()):
                print(module, count, place)
        else:
            wrong += differences(lists / name, now)
    sys.exit(1 if wrong else 0)


main()
