"""The results as text: a table for each cell, one of all cells for documents, and the goals."""

from cells import Cell
from results import Results

NONE = "–"


def number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:,.{digits}f}"


def ratio_text(ratio) -> str:
    return NONE if ratio is None else f"{ratio[0]:.2f} [{ratio[1]:.2f}–{ratio[2]:.2f}]"


def lined_up(rows: list[list[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def cost_text(cell: Cell, cost: float | None) -> str:
    if cost is None:
        return NONE
    return f"{cost:,.0f}" if cell.is_idle else f"{cost:.1f}" if cost >= 10 else f"{cost:.2f}"


IDLE_HEAD = ["", "B/connection", "CPU µs/connection", "MiB in all", "ratio", "errors"]


def idle_row(results: Results, cell: Cell, server: str) -> list[str]:
    cpu, memory = (results.median(cell, server, key) for key in ("server_us", "resident"))
    cost = results.cost(cell, server)
    return [cost_text(cell, cost), number(cpu, 1), number(memory and memory / (1 << 20), 1)]


def busy_head(unit: str) -> list[str]:
    return ["", f"CPU µs/{unit}", "kernel", "/s", "p50 µs", "p99 µs", "RSS MiB", f"allocations/{unit}", "ratio",
            "errors"]


def busy_row(results: Results, cell: Cell, server: str) -> list[str]:
    cpu, kernel, rate, p50, p99, memory, allocations = (
        results.median(cell, server, key)
        for key in ("server_us", "server_system_us", "rate", "p50_us", "p99_us", "resident", "allocations"))
    return [cost_text(cell, cpu), f"{min(100, 100 * kernel / cpu):.0f} %" if cpu else NONE, number(rate, 0), number(p50, 0),
            number(p99, 0), number(memory and memory / (1 << 20), 1), number(allocations)]


def cell_table(results: Results, cell: Cell, servers: list[str]) -> str:
    row = idle_row if cell.is_idle else busy_row
    rows = [IDLE_HEAD if cell.is_idle else busy_head(cell.unit)]
    for server in servers:
        if results.of(cell, server):
            ratio, errors = results.ratio(cell, server), results.errors(cell, server)
            rows.append([server, *row(results, cell, server), ratio_text(ratio), str(errors)])
    table = lined_up(rows) if len(rows) > 1 else "  nobody serves it"
    return f"{cell.title}  ({cell.name})\n{table}"


def document_table(results: Results, servers: list[str]) -> str:
    """Of all cells, as Markdown: what each server takes, and behind it the ratio to the first with its range."""
    head = ["server CPU, µs for each message, delivery or request"] + servers
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * len(servers) + "|"]
    for cell in results.cells:
        row = [cell.title + (", bytes for each" if cell.is_idle else "")]
        for server in servers:
            cost, ratio = cost_text(cell, results.cost(cell, server)), results.ratio(cell, server)
            is_base = server == results.base or ratio is None
            row.append(cost if is_base else f"{cost} · {ratio_text(ratio)}")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines + footing(results))


# So many rounds a median is taken of.
ROUNDS_MIN = 7


def footing(results: Results) -> list[str]:
    """What stands below a table whose medians are of few rounds."""
    if results.rounds >= ROUNDS_MIN:
        return []
    return ["", f"Fewer than {ROUNDS_MIN} rounds were taken, {results.rounds}: no more than a hint."]


# What is aimed at beside others: the greatest ratio in the cells with many in flight; in all others, 1.
FILLED_GOALS = {"nio": 0.50, "go": 0.67, "node": 0.25}


def goals_table(results: Results, ours: list[str], servers: list[str]) -> str:
    """Of each cell, for each of ours."""
    rows = [["", "server", "beside", "goal", "ratio", ""]]

    def add(cell: Cell, server: str, beside: str, goal: str, text: str, is_met: bool):
        rows.append([cell.name, server, beside, "≤ " + goal, text, "met" if is_met else "MISSED"])

    for cell in results.cells:
        for server in ours:
            cost = results.cost(cell, server)
            if cell.goal_bytes is not None and cost is not None:
                add(cell, server, NONE, f"{cell.goal_bytes} B", f"{cost:,.0f} B", cost <= cell.goal_bytes)
            for beside in servers:
                if cell.is_idle or beside not in {"uwebsockets", *FILLED_GOALS}:
                    continue
                goal = cell.goal_of(server) if beside == "uwebsockets" else FILLED_GOALS[beside] if cell.is_filled else 1.0
                ratio = results.ratio(cell, server, beside)
                if goal is not None and ratio is not None:
                    add(cell, server, beside, f"{goal:.2f}", ratio_text(ratio), ratio[0] <= goal)
    if len(rows) == 1:
        return "No goal was looked at."
    return "\n".join(["Goals", lined_up(rows), *footing(results)])


def notes(results: Results) -> list[str]:
    """What a reader should know of single cells: who had nothing left, and when the machine was not ours alone."""
    found = []
    for cell in results.cells:
        for server in dict.fromkeys(run["server"] for run in results.runs if run["cell"] == cell.name):
            load, busy = (results.median(cell, server, key) for key in ("load_busy", "server_busy"))
            if not cell.is_idle and load and load > 0.95 and busy < 0.9:
                found.append(
                    f"{cell.name}, {server}: the load generator had no time left ({100 * load:.0f} % busy, the server "
                    f"{100 * busy:.0f} %): the rate is not the server's")
            steal = results.median(cell, server, "steal")
            if steal and steal > 0.02:
                found.append(f"{cell.name}, {server}: the machine was kept waiting for {100 * steal:.0f} % of the time")
    return found
