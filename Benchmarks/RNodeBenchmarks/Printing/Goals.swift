import BenchmarkReport
import RNodeApp

/// What is promised, beside what was measured. All but times are held with the gates.
enum Goals {
    /// The goals of what was measured; where all was to be, also of what is missing.
    static func all(_ report: Report, areAll: Bool) -> [Goal] {
        let figures = Dictionary(
            report.measurements.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return events(figures, areAll) + configurations(report.configurations, areAll)
            + messages(figures, areAll)
    }

    private static func events(_ figures: [String: Measurement], _ areAll: Bool) -> [Goal] {
        let off = WebSocketEvent.allCases.compactMap {
            figures[EventBenchmarks.name($0, .none)]
        }
        guard areAll || !off.isEmpty else { return [] }
        let isWhole = !areAll || off.count == WebSocketEvent.allCases.count
        return [
            .atMost(
                1, "an event that nobody handles, the slowest of fourteen: ns",
                off.compactMap(\.nanoseconds?.median).max(), isHeld: false),
            .atMost(
                0, "an event that nobody handles: allocations",
                isWhole ? most(off.map(\.allocations)) : nil),
        ]
    }

    /// The greatest of some figures; nil when one is missing.
    private static func most(_ figures: [Double?]) -> Double? {
        figures.contains(nil) ? nil : figures.compactMap(\.self).max()
    }

    private static func configurations(_ costs: [ConfigurationCost], _ areAll: Bool) -> [Goal] {
        let full = costs.first
        let three = costs.first { $0.name == "three" }
        guard areAll || (full != nil && three != nil) else { return [] }
        let saved = full.flatMap { full in
            three?.layer.instructions == nil ? nil : three?.layerSaved(against: full)
        }
        return [
            .atLeast(
                60, "event layer, three callbacks instead of fourteen: % fewer instructions",
                saved.map { $0 * 100 })
        ]
    }

    private static func messages(_ figures: [String: Measurement], _ areAll: Bool) -> [Goal] {
        let overReadiness = [
            "echo.raw.20B.1", "echo.raw.20B.16", "echo.raw.1KiB.1", "echo.raw.1KiB.16",
            "echo.raw.16KiB.1", "echo.cut.1KiB.1", "echo.cut.16KiB.1", "echo.cut.16KiB.4",
            "echo.fragments.1KiB.1", "echo.deflate.1KiB.1",
            "room.fanOut.64B.1", "room.fanOut.64B.8", "room.fanOut.deflate.1KiB.1",
            "request.fixed.1", "request.fixed.16",
        ]
        // The same over io_uring.
        let nothing = overReadiness + overReadiness.map { $0 + ".ring" }
        // Held by the file of gates.
        let instructions = [("echo.raw.20B.1", 500.0), ("echo.raw.20B.16", 250.0)]
        func isMeant(_ name: String) -> Bool { areAll || figures[name] != nil }
        let allocations: [Goal] = nothing.filter(isMeant).map { name in
            let unit = figures[name]?.unit ?? "unit"
            return .atMost(
                0, "\(name): allocations for each \(unit)", figures[name]?.allocations)
        }
        return allocations
            + instructions.filter { isMeant($0.0) }.map { name, limit in
                let unit = figures[name]?.unit ?? "unit"
                return .atMost(
                    limit, "\(name): instructions for each \(unit)", figures[name]?.instructions,
                    isHeld: false)
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
