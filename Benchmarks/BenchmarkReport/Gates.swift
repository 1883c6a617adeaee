/// What a checked-in file allows: for each benchmark its allocations, exactly, and its instructions, with some slack;
/// for a few a goal beside, which has none.
///
/// Instructions count on the architecture that the file is for; allocations count everywhere. Times are in no gate.
package struct Gates: Codable, Sendable, Equatable {
    /// What one benchmark may cost, for each unit.
    package struct Limit: Codable, Sendable, Equatable {
        /// How often it may ask memory of the heap.
        package var allocations: Double?
        /// How many instructions it takes.
        package var instructions: Double?

        /// A limit.
        package init(allocations: Double? = nil, instructions: Double? = nil) {
            self.allocations = allocations
            self.instructions = instructions
        }
    }

    /// One benchmark that does not keep its gate, or has none.
    package struct Breach: Sendable, Equatable {
        /// The benchmark.
        package var name: String
        /// What is wrong.
        package var reason: String

        /// A breach.
        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// How much above its gate a count of instructions may be: compilers and libraries differ by so much.
    package static let instructionSlack = 0.05
    /// How much more than its gate a run may allocate: tables grow now and then, and an average has a part of that. Less
    /// than one allocation in each run; and where none are allowed there is no slack.
    package static let allocationSlack = 0.5

    /// The architecture whose instructions were counted.
    package var architecture: String
    /// The gates, by the benchmark's name.
    package var benchmarks: [String: Limit]
    /// Goals for instructions, by the benchmark's name: no slack widens them, and no update changes them.
    package var instructionsMax: [String: Double]?

    /// The gates that these measurements keep exactly.
    package init(of measurements: [Measurement], on machine: Machine) {
        architecture = machine.architecture
        benchmarks = [:]
        update(from: measurements, on: machine)
    }

    /// Takes over what was measured, and leaves the gates of others as they are.
    package mutating func update(from measurements: [Measurement], on machine: Machine) {
        architecture = machine.architecture
        for measured in measurements {
            benchmarks[measured.name] = Limit(
                allocations: measured.allocations.map {
                    Self.rounded($0 * measured.unitsOfRun, to: 1_000) / measured.unitsOfRun
                },
                instructions: measured.instructions.map { Self.rounded($0, to: 100) })
        }
    }

    private static func rounded(_ value: Double, to parts: Double) -> Double {
        (value * parts).rounded() / parts
    }

    /// Compares what was measured with what is allowed. What has a gate and was not counted is a breach, and where all
    /// benchmarks ran, what has one and is no benchmark.
    package func breaches(
        of measurements: [Measurement], on machine: Machine, areAll: Bool = false
    ) -> [Breach] {
        let found = measurements.flatMap { measured -> [Breach] in
            guard let limit = benchmarks[measured.name] else {
                return [Breach(name: measured.name, reason: "has no gate: --update writes it")]
            }
            let isSameMachine = machine.architecture == architecture
            return [
                allocationsBreach(measured, limit),
                isSameMachine ? instructionsBreach(measured, limit) : nil,
                isSameMachine ? goalBreach(measured) : nil,
            ].compactMap(\.self)
        }
        return areAll ? found + gone(from: measurements) : found
    }

    private func gone(from measurements: [Measurement]) -> [Breach] {
        let names = Set(benchmarks.keys).union((instructionsMax ?? [:]).keys)
        return names.subtracting(measurements.map(\.name)).sorted().map {
            Breach(name: $0, reason: "has a gate, and is no benchmark")
        }
    }

    private func allocationsBreach(_ measured: Measurement, _ limit: Limit) -> Breach? {
        guard let found = measured.allocations else {
            return Breach(name: measured.name, reason: "has no count of allocations")
        }
        guard let allowed = limit.allocations else {
            return Breach(name: measured.name, reason: "has no gate for allocations")
        }
        // By the run: an average over its units hides what one of them does.
        let slack = allowed == 0 ? 0 : Self.allocationSlack
        guard (found - allowed) * measured.unitsOfRun > slack else { return nil }
        return Breach(
            name: measured.name,
            reason: "allocates \(Figure.text(found)) times, allowed \(Figure.text(allowed))")
    }

    private func instructionsBreach(_ measured: Measurement, _ limit: Limit) -> Breach? {
        guard let found = measured.instructions else {
            return Breach(name: measured.name, reason: "has no count of instructions")
        }
        guard let allowed = limit.instructions else {
            return Breach(name: measured.name, reason: "has no gate for instructions")
        }
        guard found > allowed * (1 + Self.instructionSlack) else { return nil }
        return Breach(
            name: measured.name,
            reason: "takes \(Figure.text(found)) instructions, the gate is \(Figure.text(allowed))")
    }

    private func goalBreach(_ measured: Measurement) -> Breach? {
        guard let allowed = instructionsMax?[measured.name], let found = measured.instructions,
            found > allowed
        else { return nil }
        return Breach(
            name: measured.name,
            reason: "MISSES ITS GOAL: \(Figure.decimal(found, places: 2)) instructions, at most "
                + "\(Figure.text(allowed)) whatever its gate is")
    }

    /// The benchmarks that became cheaper than the slack explains: their gates can be drawn closer.
    package func gains(of measurements: [Measurement], on machine: Machine) -> [String] {
        measurements.filter { measured in
            guard let limit = benchmarks[measured.name] else { return false }
            let fewer =
                (limit.allocations ?? 0) - (measured.allocations ?? .infinity)
                > Self.allocationSlack / measured.unitsOfRun
            let shorter =
                machine.architecture == architecture
                && (limit.instructions ?? 0) * (1 - Self.instructionSlack)
                    > (measured.instructions ?? .infinity)
            return fewer || shorter
        }.map(\.name)
    }
}
