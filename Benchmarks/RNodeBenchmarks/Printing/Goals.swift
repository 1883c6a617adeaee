import BenchmarkReport
import RNodeApp

/// What is promised, beside what was measured.
enum Goals {
    static func all(_ report: Report) -> [Goal] {
        let figures = Dictionary(
            report.measurements.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return filter(figures, report.configurations) + messages(figures)
    }

    private static func filter(
        _ figures: [String: Measurement], _ costs: [ConfigurationCost]
    ) -> [Goal] {
        let off = WebSocketEvent.allCases.compactMap {
            figures[EventBenchmarks.name($0, .none)]
        }
        var goals: [Goal] = []
        if !off.isEmpty {
            goals = [
                .atMost(
                    1, "an event that nobody handles, the slowest of fourteen: ns",
                    off.compactMap(\.nanoseconds?.median).max()),
                .atMost(
                    0, "an event that nobody handles: allocations",
                    off.compactMap(\.allocations).max()),
            ]
        }
        if let full = costs.first, let three = costs.first(where: { $0.name == "three" }) {
            goals.append(
                .atLeast(
                    60, "event layer, three callbacks instead of fourteen: % fewer instructions",
                    three.layer.instructions == nil
                        ? nil : three.layerSaved(against: full).map { $0 * 100 }))
        }
        return goals
    }

    private static func messages(_ figures: [String: Measurement]) -> [Goal] {
        let overReadiness = [
            "echo.raw.20B.1", "echo.raw.20B.16", "echo.raw.1KiB.1", "echo.cut.1KiB.1",
            "echo.fragments.1KiB.1", "echo.deflate.1KiB.1", "room.fanOut.64B.1",
            "room.fanOut.64B.8", "request.fixed.1", "request.fixed.16",
        ]
        // The same over io_uring.
        let nothing = overReadiness + overReadiness.map { $0 + ".ring" }
        let instructions = [("echo.raw.20B.1", 500.0), ("echo.raw.20B.16", 250.0)]
        let allocations: [Goal] = nothing.compactMap { name in
            figures[name].map {
                .atMost(0, "\(name): allocations for each \($0.unit)", $0.allocations)
            }
        }
        return allocations
            + instructions.compactMap { name, limit in
                figures[name].map {
                    .atMost(limit, "\(name): instructions for each \($0.unit)", $0.instructions)
                }
            }
    }

    static func text(_ goals: [Goal]) -> String {
        var table = Table(["goal", "at most", "at least", "found", ""])
        for goal in goals {
            let limit = Figure.text(goal.limit)
            table.add([
                goal.promise, goal.isLeast ? "" : limit, goal.isLeast ? limit : "",
                Figure.text(goal.found), goal.verdict,
            ])
        }
        return table.text
    }
}
