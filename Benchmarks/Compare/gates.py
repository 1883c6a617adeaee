"""Holds what our whole server takes to a checked-in file: its gate with some slack, and its goal with none."""

import json
import platform

from tables import lined_up

# How much above its gate a count may be. It moves by a hundredth: how many turns a round takes depends on the kernel.
SLACK = 0.05


def hold(path: str, counts: dict[str, dict[int, float]]) -> list[str]:
    """Prints how our counts, by their kind and how many were in a read, stand beside the file; returns what is wrong."""
    with open(path) as file:
        gates = json.load(file)
    if platform.machine() != gates["architecture"]:
        print(f"The gates are those of {gates['architecture']}: not compared.")
        return []
    rows = [["", "instructions", "gate", "goal", ""]]
    breaches = []
    for kind, numbers in gates["kinds"].items():
        for number, gate in numbers.items():
            name = f"{kind}, {number} in a read"
            found = counts.get(kind, {}).get(int(number))
            breaches += [f"{name}: {reason}" for reason in breaches_of(gate, found)]
            if found is not None:
                goal = gate.get("goal")
                verdict = "" if goal is None else "met" if found <= goal else "MISSED"
                rows.append([name, f"{found:,.1f}", f"{gate['instructions']:,}", f"{goal:,}" if goal else "", verdict])
    print(lined_up(rows))
    return breaches


def breaches_of(gate: dict, found: float | None) -> list[str]:
    if found is None:
        return ["not counted"]
    breaches = []
    if found > gate["instructions"] * (1 + SLACK):
        breaches.append(f"takes {found:,.1f} instructions, the gate is {gate['instructions']:,}")
    if "goal" not in gate:
        return breaches
    # One that is known to be missed is told as such; once it is met, it is to be held as the others are.
    if gate["isMissed"] != (found > gate["goal"]):
        breaches.append(
            f"meets its goal of {gate['goal']:,}: the file still says that it is missed" if gate["isMissed"]
            else f"MISSES ITS GOAL: {found:,.1f} instructions, at most {gate['goal']:,} whatever its gate is")
    return breaches
