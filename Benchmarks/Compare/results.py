"""What the runs came to: medians over the rounds, and ratios of the same round."""

import statistics

from cells import Cell

COST = "server_us"


class Run(dict):
    """What the load generator said of one cell of one server in one round, and what was wrong."""

    def cost(self, cell: Cell) -> float | None:
        """What is compared: processor time for each answer, or memory for each connection."""
        if self["errors"]:
            return None
        if not cell.is_idle:
            return self[COST]
        return (self["resident"] - self["resident_idle"]) / cell.connections


class Results:
    def __init__(self, base: str, cells: list[Cell]):
        self.base = base
        self.cells = cells
        self.runs: list[Run] = []

    def of(self, cell: Cell, server: str) -> list[Run]:
        return [run for run in self.runs if run["cell"] == cell.name and run["server"] == server]

    def median(self, cell: Cell, server: str, key: str) -> float | None:
        values = [run[key] for run in self.of(cell, server) if not run["errors"] and run.get(key) is not None]
        return statistics.median(values) if values else None

    def cost(self, cell: Cell, server: str) -> float | None:
        costs = [cost for run in self.of(cell, server) if (cost := run.cost(cell)) is not None]
        return statistics.median(costs) if costs else None

    def ratio(self, cell: Cell, server: str, base: str | None = None) -> tuple[float, float, float] | None:
        """The median, least and greatest of the ratios that were taken within one round."""
        base_costs = {run["round"]: run.cost(cell) for run in self.of(cell, base or self.base)}
        ratios = []
        for run in self.of(cell, server):
            cost, base_cost = run.cost(cell), base_costs.get(run["round"])
            if cost is not None and base_cost:
                ratios.append(cost / base_cost)
        return (statistics.median(ratios), min(ratios), max(ratios)) if ratios else None

    @property
    def rounds(self) -> int:
        """How many there are of the cell and server that has fewest."""
        rounds: dict[tuple[str, str], set[int]] = {}
        for run in self.runs:
            rounds.setdefault((run["cell"], run["server"]), set())
            if not run["errors"]:
                rounds[run["cell"], run["server"]].add(run["round"])
        return min(map(len, rounds.values()), default=0)

    def errors(self, cell: Cell, server: str) -> int:
        return sum(run["errors"] for run in self.of(cell, server))

    @property
    def all_errors(self) -> int:
        return sum(run["errors"] for run in self.runs)

    def summary(self, servers: list[str]) -> list[dict]:
        return [
            {"cell": cell.name, "server": server, "cost": self.cost(cell, server), "ratio": self.ratio(cell, server),
             "errors": self.errors(cell, server)}
            | {key: self.median(cell, server, key)
               for key in ("rate", "p50_us", "p99_us", "resident", "server_system_us", "allocations")}
            for cell in self.cells for server in servers if self.of(cell, server)]
