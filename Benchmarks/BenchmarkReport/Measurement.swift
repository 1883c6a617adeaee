/// What one benchmark came to, each figure for one unit: one event, one message, one delivery.
package struct Measurement: Codable, Hashable, Sendable {
    /// The benchmark's name: `echo.raw.20B.16`.
    package var name: String
    /// What a unit is.
    package var unit: String
    /// How many units a run has; nil in a file from before it was told.
    package var units: Int?
    /// Time.
    package var nanoseconds: Spread?
    /// How often memory was asked of the heap; nil where that can't be counted.
    package var allocations: Double?
    /// Instructions in user space; nil without callgrind.
    package var instructions: Double?

    /// A measurement with the figures there are.
    package init(
        name: String, unit: String, units: Int? = nil, nanoseconds: Spread? = nil,
        allocations: Double? = nil, instructions: Double? = nil
    ) {
        self.name = name
        self.unit = unit
        self.units = units
        self.nanoseconds = nanoseconds
        self.allocations = allocations
        self.instructions = instructions
    }

    /// The units of a run, to multiply by.
    var unitsOfRun: Double { Double(units ?? 1) }

    /// The part of the name before the first dot.
    package var group: String { String(name.prefix { $0 != "." }) }

    /// What it cost, by the figure that can be repeated if it is there: instructions, else nanoseconds.
    package var cost: Double? { instructions ?? nanoseconds?.median }
}

/// All that a run measured, and where.
package struct Report: Codable, Sendable {
    /// What it ran on.
    package var machine: Machine
    /// In the order in which they ran.
    package var measurements: [Measurement]
    /// The three configurations of the API document, if they were measured.
    package var configurations: [ConfigurationCost]

    /// A report.
    package init(
        machine: Machine, measurements: [Measurement], configurations: [ConfigurationCost] = []
    ) {
        self.machine = machine
        self.measurements = measurements
        self.configurations = configurations
    }
}

/// What a figure depends on beside the code.
package struct Machine: Codable, Hashable, Sendable {
    /// The processor's architecture.
    package var architecture: String
    /// The compiler's version, as far as it can be known.
    package var compiler: String
    /// How many processors there are.
    package var processors: Int

    /// A machine.
    package init(architecture: String, compiler: String, processors: Int) {
        self.architecture = architecture
        self.compiler = compiler
        self.processors = processors
    }
}
