/// Does what is measured so many times.
typealias Run = (Int) -> Void

/// Something to be measured: how it is prepared, and what a run of it is.
struct Benchmark {
    /// The group, a dot, and what makes it different from the others of the group.
    let name: String
    /// What the figures are for: `message`.
    let unit: String
    /// How many of them one run has.
    let units: Int
    /// How many runs callgrind counts; then it counts twice as many, and the difference is what they cost.
    let countedRuns: Int
    /// Prepares it, outside of what is measured, and checks that it does what it says.
    let prepare: () throws -> Run

    init(
        _ name: String, unit: String = "call", units: Int = 1, countedRuns: Int = 200,
        prepare: @escaping () throws -> Run
    ) {
        self.name = name
        self.unit = unit
        self.units = units
        self.countedRuns = countedRuns
        self.prepare = prepare
    }

    /// The part of the name before the first dot.
    var group: String { String(name.prefix { $0 != "." }) }
}

extension Benchmark {
    /// All there are, in the order in which they run: the event filter first.
    static func all() -> [Benchmark] {
        EventBenchmarks.all() + ConfigurationBenchmarks.all() + EchoBenchmarks.all()
            + RoomBenchmarks.all() + RequestBenchmarks.all() + FrameBenchmarks.all()
            + DeflateBenchmarks.all() + HTTPBenchmarks.all() + ControlBenchmarks.all()
    }
}
