"""The machine that is measured on."""

import os
import platform


def first_line(path: str, prefix: str = "") -> str:
    try:
        with open(path) as file:
            return next((line for line in file if line.startswith(prefix)), "").removeprefix(prefix).strip(" \t:\n")
    except OSError:
        return ""


def siblings(cpu: int) -> str:
    return first_line(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")


def two_cpus() -> tuple[int, int]:
    """One for the server and one for the load, on different cores where there are two."""
    cpus = sorted(os.sched_getaffinity(0))
    server = cpus[0]
    others = [cpu for cpu in cpus[1:] if siblings(cpu) != siblings(server)] or cpus[1:]
    if not others:
        raise SystemExit("Server and load need a processor each, and there is only one here.")
    return server, others[0]


def description() -> dict:
    return {
        "processor": first_line("/proc/cpuinfo", "model name"),
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
    }
