import BenchmarkReport
import CMeasuring

/// Measures time and allocations.
struct Runner {
    /// How many times each benchmark is timed.
    var samples = 15
    /// How many nanoseconds one of these times is about.
    var batch = 10_000_000.0
    /// How many runs one of these times has; nil for as many as fill `batch`.
    var iterations: Int?

    private struct Prepared {
        let benchmark: Benchmark
        let run: Run
        var runs = 1
        var times: [Double] = []
    }

    /// Measures benchmarks that are to be compared with one another: they take turns, so that a slow moment of the machine
    /// meets them all.
    func measure(_ benchmarks: [Benchmark]) throws -> [Measurement] {
        var prepared = try benchmarks.map { benchmark in
            let run = try benchmark.prepare()
            let runs = iterations ?? calibrate(run)
            return Prepared(benchmark: benchmark, run: run, runs: runs)
        }
        for _ in 0..<samples {
            for place in prepared.indices {
                let time = Self.time(prepared[place].run, prepared[place].runs)
                prepared[place].times.append(time / Double(prepared[place].runs))
            }
        }
        return prepared.map { result($0) }
    }

    private func result(_ prepared: Prepared) -> Measurement {
        let benchmark = prepared.benchmark
        let units = Double(benchmark.units)
        let runs = iterations ?? benchmark.countedRuns
        return Measurement(
            name: benchmark.name, unit: benchmark.unit, units: benchmark.units,
            nanoseconds: Spread(prepared.times.map { $0 / units }),
            allocations: Self.allocations(prepared.run, runs).map { $0 / units })
    }

    /// How many runs fill a batch. Warms up on the way.
    private func calibrate(_ run: Run) -> Int {
        var runs = 1
        while true {
            let time = Self.time(run, runs)
            if time >= batch / 4 { return max(1, Int(Double(runs) * batch / time)) }
            runs *= 2
        }
    }

    /// Nanoseconds of processor time that so many runs take.
    private static func time(_ run: Run, _ runs: Int) -> Double {
        let start = measuring_nanoseconds()
        run(runs)
        return Double(measuring_nanoseconds() - start)
    }

    /// Allocations of one run: what twice as many runs have more than so many. nil where they can't be counted.
    private static func allocations(_ run: Run, _ runs: Int) -> Double? {
        let start = measuring_allocations()
        guard start >= 0 else { return nil }
        run(runs)
        let middle = measuring_allocations()
        run(2 * runs)
        let end = measuring_allocations()
        return Double((end - middle) - (middle - start)) / Double(runs)
    }
}
