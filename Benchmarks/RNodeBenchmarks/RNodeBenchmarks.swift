import ArgumentParser
import BenchmarkReport

/// Measures the event filter first, and then everything on the way of a byte, in memory and on one thread.
@main
struct RNodeBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures time, allocations and instructions, the event filter first.",
        discussion: """
            Instructions are counted by valgrind's callgrind, by running this program once more under it; without \
            valgrind (or strip) they are missing. Gates are held by scripts/bench-gates.
            """)

    @Option(help: "Only benchmarks whose name begins with NAME; repeatable.")
    var filter: [String] = []

    @Option(help: "Runs of each benchmark at a time, instead of as many as take 10 ms.")
    var iterations: Int?

    @Option(help: "How many times each benchmark is timed.")
    var samples = 15

    @Flag(help: "Count no instructions.")
    var noInstructions = false

    @Option(help: "Write all figures to FILE as JSON.")
    var json: String?

    @Option(help: "Draw the three configurations into FILE as SVG.")
    var chart: String?

    @Option(help: "Compare with a FILE that --json wrote.")
    var compare: String?

    @Option(help: "Hold allocations and instructions against FILE; a breach is a failure.")
    var gates: String?

    @Flag(help: "Rewrite the file of --gates by what is measured.")
    var update = false

    @Flag(help: "Only print what deflating costs at each level, window and memory level.")
    var deflateTable = false

    @Flag(help: "List the benchmarks.")
    var list = false

    @Option(help: "Only the benchmark NAME; repeatable.")
    var only: [String] = []

    /// Set where callgrind runs this program: which benchmarks were counted goes to this file.
    @Option(help: .hidden)
    var counting: String?

    func validate() throws {
        guard samples >= 1 else { throw ValidationError("--samples must be 1 or more") }
        guard iterations ?? 1 >= 1 else { throw ValidationError("--iterations must be 1 or more") }
        guard !update || gates != nil else { throw ValidationError("--update needs --gates") }
    }

    func run() throws {
        if deflateTable { return print(try DeflateTable.text()) }
        let chosen = Benchmark.all().filter { benchmark in
            areAll || only.contains(benchmark.name)
                || filter.contains { benchmark.name.hasPrefix($0) }
        }
        guard !chosen.isEmpty else { throw ValidationError("no benchmark has such a name") }
        if list { return print(chosen.map(\.name).joined(separator: "\n")) }
        if let counting {
            return try Callgrind.run(chosen, iterations: iterations, listing: counting)
        }
        let report = try measure(chosen)
        try write(report)
        try holdGates(report)
    }

    /// Whether no benchmark is left out.
    private var areAll: Bool { filter.isEmpty && only.isEmpty }

    // MARK: - Measuring

    /// Measures group by group, and prints each as soon as it is there.
    private func measure(_ benchmarks: [Benchmark]) throws -> Report {
        var measured: [Measurement] = []
        var costs: [ConfigurationCost] = []
        let counts = !noInstructions && Callgrind.isThere
        if !noInstructions, !counts { print("Instructions are not counted: no valgrind here.") }
        for group in Self.groups(benchmarks) {
            let instructions = counts ? ", and callgrind counts" : ""
            print("\n… \(group.count) of \(group[0].group)\(instructions)")
            var measurements = try Runner(samples: samples, iterations: iterations).measure(group)
            if counts { try count(group, &measurements) }
            print(GroupTable.text(measurements))
            let compared = try ConfigurationBenchmarks.costs(measurements)
            if !compared.isEmpty { print("\n" + ConfigurationTable.text(compared)) }
            costs += compared
            measured += measurements
        }
        let report = Report(machine: .here, measurements: measured, configurations: costs)
        let goals = Goals.all(report, areAll: areAll)
        if !goals.isEmpty { print("\n" + Goals.text(goals)) }
        return report
    }

    private static func groups(_ benchmarks: [Benchmark]) -> [[Benchmark]] {
        var names: [String] = []
        for benchmark in benchmarks where !names.contains(benchmark.group) {
            names.append(benchmark.group)
        }
        return names.map { name in benchmarks.filter { $0.group == name } }
    }

    private func count(_ group: [Benchmark], _ measurements: inout [Measurement]) throws {
        var options = group.flatMap { ["--only", $0.name] }
        if let iterations { options += ["--iterations", "\(iterations)"] }
        let counted = try Callgrind.count(options)
        for (place, benchmark) in group.enumerated() {
            measurements[place].instructions =
                counted[benchmark.name].map { $0 / Double(benchmark.units) }
        }
    }

    // MARK: - Writing

    private func write(_ report: Report) throws {
        if let compare {
            let earlier = try ReportFile.read(Report.self, from: compare)
            let comparison = Comparison(
                before: earlier.measurements, after: report.measurements)
            print("\n" + comparison.text)
        }
        if let json { try ReportFile.write(report, to: json) }
        if let chart {
            guard let drawing = ConfigurationChart(report.configurations) else {
                throw ValidationError("--chart needs the benchmarks named configuration")
            }
            try ReportFile.write(text: drawing.document, to: chart)
        }
    }

    private func holdGates(_ report: Report) throws {
        guard let gates else { return }
        if update { return try updateGates(report, gates) }
        let held = try ReportFile.read(Gates.self, from: gates)
        if held.architecture != report.machine.architecture {
            print("\nThe gates for instructions are those of \(held.architecture): not compared.")
        }
        let gains = held.gains(of: report.measurements, on: report.machine)
        if !gains.isEmpty { print("\nCheaper than their gates: " + gains.joined(separator: ", ")) }
        let breaches =
            held.breaches(of: report.measurements, on: report.machine, areAll: areAll)
            + Goals.all(report, areAll: areAll).compactMap(\.breach)
        guard !breaches.isEmpty else { return print("\nAll gates hold.") }
        print("")
        for breach in breaches { print("\(breach.name) \(breach.reason)") }
        throw ExitCode.failure
    }

    /// Gates of benchmarks that were not measured now stay as they are.
    private func updateGates(_ report: Report, _ path: String) throws {
        var held =
            (try? ReportFile.read(Gates.self, from: path))
            ?? Gates(of: [], on: report.machine)
        if areAll { held.benchmarks = [:] }
        held.update(from: report.measurements, on: report.machine)
        try ReportFile.write(held, to: path)
        print("\n\(path) is written.")
    }
}
