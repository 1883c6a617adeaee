@testable import BenchmarkReport
import Testing

@Suite("What the benchmarks print")
struct BenchmarkReportTests {
    private let machine = Machine(architecture: "x86_64", compiler: "Swift 6.3", processors: 2)

    private func measured(
        _ name: String, units: Int = 1, allocations: Double? = nil,
        instructions: Double? = nil, nanoseconds: Double? = nil
    ) -> Measurement {
        Measurement(
            name: name, unit: "call", units: units,
            nanoseconds: nanoseconds.flatMap { Spread([$0]) },
            allocations: allocations, instructions: instructions)
    }

    @Test("A spread is the median and the quarters, whatever the order, and nothing of nothing")
    func spreads() {
        #expect(Spread([]) == nil)
        #expect(Spread([4])?.median == 4)
        let five = Spread([5, 1, 3, 2, 4])
        #expect(five?.median == 3)
        #expect(five?.lower == 2)
        #expect(five?.upper == 4)
        #expect(five?.share == 1.0 / 3)
        #expect(Spread([1, 2])?.median == 1.5)
        #expect(Spread([0, 0])?.share == 0)
    }

    @Test("A figure has three digits that say something")
    func figures() {
        #expect(Figure.text(nil) == "–")
        #expect(Figure.text(0) == "0")
        #expect(Figure.text(0.0001) == "<0.001")
        #expect(Figure.text(0.004) == "0.004")
        #expect(Figure.text(0.126) == "0.13")
        #expect(Figure.text(9.996) == "10.0")
        #expect(Figure.text(12.34) == "12.3")
        #expect(Figure.text(99.96) == "100")
        #expect(Figure.text(1_234_567.8) == "1,234,568")
        #expect(Figure.text(-12.34) == "-12.3")
        #expect(Figure.percent(0.6312) == "63.1 %")
        #expect(Figure.decimal(0.05, places: 1) == "0.1")
        #expect(Figure.decimal(-0.001, places: 1) == "0.0")
    }

    @Test("A table puts the first column to the left and the others to the right")
    func tables() {
        var table = Table(["name", "ns"])
        table.add(["a", "1.5"])
        table.add(["longer", "–", "dropped"])
        table.add([])
        #expect(table.text == "name     ns\n──────  ───\na       1.5\nlonger    –\n")
    }

    @Test("Gates break by one allocation, and by more than five hundredths of instructions")
    func gatesBreak() {
        let gates = Gates(
            of: [
                measured("a", allocations: 0, instructions: 100),
                measured("b", allocations: 2, instructions: 100),
            ], on: machine)
        func reasons(_ measurement: Measurement, on machine: Machine) -> [String] {
            gates.breaches(of: [measurement], on: machine).map(\.reason)
        }
        #expect(reasons(measured("a", allocations: 0, instructions: 105), on: machine).isEmpty)
        #expect(
            reasons(measured("a", allocations: 0, instructions: 105.1), on: machine).count == 1)
        #expect(reasons(measured("a", allocations: 1, instructions: 106), on: machine).count == 2)
        #expect(reasons(measured("b", allocations: 2.5, instructions: 1), on: machine).isEmpty)
        #expect(
            reasons(measured("b", allocations: 2.6, instructions: 1), on: machine).count == 1)
        #expect(reasons(measured("new"), on: machine) == ["has no gate: --update writes it"])
        let other = Machine(architecture: "arm64", compiler: "", processors: 1)
        #expect(reasons(measured("a", allocations: 0, instructions: 200), on: other).isEmpty)
        #expect(reasons(measured("a", allocations: 1), on: other).count == 1)
    }

    @Test("One allocation in a run of many units is a breach, and where none are, one in many runs")
    func allocationsCountByTheRun() {
        func breaks(_ allowed: Double, by found: Double, units: Int) -> Bool {
            let gates = Gates(
                of: [measured("a", units: units, allocations: allowed, instructions: 1)],
                on: machine)
            let now = measured("a", units: units, allocations: found, instructions: 1)
            return !gates.breaches(of: [now], on: machine).isEmpty
        }
        #expect(!breaks(0, by: 0, units: 500))
        #expect(breaks(0, by: 1.0 / 500, units: 500))
        #expect(breaks(0, by: 1.0 / 500 / 1_000, units: 500))
        #expect(!breaks(2, by: 2, units: 4_000))
        #expect(breaks(2, by: 2 + 1.0 / 4_000, units: 4_000))
        // A third of an allocation for each unit does not end at three digits.
        #expect(!breaks(1.0 / 3, by: 1.0 / 3, units: 3_000))
        #expect(breaks(1.0 / 3, by: 1_001.0 / 3_000, units: 3_000))
        let gates = Gates(
            of: [measured("a", units: 500, allocations: 1.0 / 500)], on: machine)
        let less = measured("a", units: 500, allocations: 0)
        #expect(gates.gains(of: [less], on: machine) == ["a"])
    }

    @Test("What was not counted keeps no gate, nor does one that allows whatever comes")
    func whatWasNotCountedBreaks() {
        let gates = Gates(
            of: [
                measured("a", allocations: 0, instructions: 100),
                measured("open"),
            ], on: machine)
        func reasons(_ measurement: Measurement, on machine: Machine) -> [String] {
            gates.breaches(of: [measurement], on: machine).map(\.reason)
        }
        #expect(
            reasons(measured("a", allocations: 0), on: machine)
                == ["has no count of instructions"])
        #expect(
            reasons(measured("a", instructions: 100), on: machine)
                == ["has no count of allocations"])
        #expect(
            reasons(measured("open", allocations: 9, instructions: 9), on: machine)
                == ["has no gate for allocations", "has no gate for instructions"])
        let other = Machine(architecture: "arm64", compiler: "", processors: 1)
        #expect(reasons(measured("a", allocations: 0), on: other).isEmpty)
        #expect(reasons(measured("a"), on: other) == ["has no count of allocations"])
    }

    @Test("Where all benchmarks ran, a gate or a goal of one that is gone is a breach")
    func gatesOfNothingBreak() {
        let kept = measured("kept", allocations: 0, instructions: 1)
        var gates = Gates(
            of: [kept, measured("gone", allocations: 0, instructions: 1)], on: machine)
        gates.instructionsMax = ["kept": 1, "renamed": 500]
        #expect(gates.breaches(of: [kept], on: machine).isEmpty)
        #expect(
            gates.breaches(of: [kept], on: machine, areAll: true).map(\.name)
                == ["gone", "renamed"])
    }

    @Test("A goal is missed where the gate's slack would let it pass, and an update keeps it")
    func goalsHaveNoSlack() {
        var gates = Gates(
            of: [measured("a", allocations: 0, instructions: 494)], on: machine)
        gates.instructionsMax = ["a": 500]
        func reasons(_ instructions: Double) -> [String] {
            let now = measured("a", allocations: 0, instructions: instructions)
            return gates.breaches(of: [now], on: machine).map(\.reason)
        }
        #expect(reasons(500).isEmpty)
        let goal = "MISSES ITS GOAL: 500.04 instructions, at most 500 whatever its gate is"
        #expect(reasons(500.04) == [goal])
        #expect(reasons(518).count == 1)
        #expect(reasons(519).count == 2)
        let other = Machine(architecture: "arm64", compiler: "", processors: 1)
        let elsewhere = measured("a", allocations: 0, instructions: 600)
        #expect(gates.breaches(of: [elsewhere], on: other).isEmpty)
        // A gate that is drawn wider does not widen the goal.
        gates.update(from: [elsewhere], on: machine)
        #expect(reasons(501).count == 1)
    }

    @Test("What became cheaper than the slack is named, and an update keeps the gates of others")
    func gatesFollow() {
        var gates = Gates(
            of: [measured("a", allocations: 1, instructions: 100), measured("b", allocations: 2)],
            on: machine)
        #expect(
            gates.gains(of: [measured("a", allocations: 1, instructions: 95)], on: machine) == [])
        #expect(
            gates.gains(of: [measured("a", allocations: 0, instructions: 100)], on: machine)
                == ["a"])
        #expect(gates.gains(of: [measured("a", instructions: 94)], on: machine) == ["a"])
        gates.update(from: [measured("a", allocations: 0, instructions: 50.126)], on: machine)
        #expect(gates.benchmarks["a"] == Gates.Limit(allocations: 0, instructions: 50.13))
        #expect(gates.benchmarks["b"] == Gates.Limit(allocations: 2))
    }

    @Test("A comparison has the benchmarks of both runs, and names those that are new")
    func comparisons() {
        let comparison = Comparison(
            before: [measured("a", instructions: 100), measured("gone", instructions: 1)],
            after: [measured("a", instructions: 50), measured("new")])
        #expect(comparison.rows.map(\.name) == ["a"])
        #expect(comparison.rows[0].instructions.ratio == 0.5)
        #expect(comparison.rows[0].allocations.ratio == nil)
        #expect(comparison.added == ["new"])
        #expect(comparison.text.hasSuffix("only now: new"))
        #expect(Comparison.Change(before: 0, after: 1).ratio == nil)
    }

    @Test("The instructions of a dump are the first number of its totals")
    func dumps() {
        #expect(CallgrindDump.instructions(in: "fn=(1)\n0 5\n\ntotals: 1234 7\n") == 1_234)
        #expect(CallgrindDump.instructions(in: "events: Ir\n") == nil)
        #expect(CallgrindDump.perRun((10, 1_100), (20, 2_100)) == 100)
        #expect(CallgrindDump.perRun((10, 1), (10, 2)) == nil)
    }

    @Test("A goal is met on its limit")
    func goals() {
        #expect(Goal.atMost(1, "", 1).isMet == true)
        #expect(Goal.atMost(1, "", 1.01).verdict == "missed")
        #expect(Goal.atLeast(60, "", 60).verdict == "met")
        #expect(Goal.atLeast(60, "", nil).verdict == "–")
    }

    @Test("A goal that is held breaks when it is missed or was not measured; a time never does")
    func heldGoals() {
        #expect(Goal.atMost(0, "a", 0).breach == nil)
        #expect(
            Goal.atMost(0, "a", 0.002).breach?.reason == "MISSES ITS GOAL: 0.0020, at most 0")
        #expect(Goal.atLeast(60, "a", 60).breach == nil)
        #expect(
            Goal.atLeast(60, "a", 59.9).breach?.reason == "MISSES ITS GOAL: 59.9000, at least 60.0")
        #expect(Goal.atMost(0, "a", nil).breach?.reason == "was not measured")
        #expect(Goal.atMost(1, "a", 2, isHeld: false).breach == nil)
        #expect(Goal.atMost(1, "a", nil, isHeld: false).breach == nil)
    }

    @Test("Text in a drawing can't end its element or attribute")
    func escapes() {
        #expect(SVG.escaped(#"<a b="c">&'"#) == "&lt;a b=&quot;c&quot;&gt;&amp;&#39;")
        #expect(SVG.number(12.34) == "12.3")
        #expect(SVG.number(-0.04) == "0")
        #expect(SVG.number(-1.5) == "-1.5")
        #expect(SVG.number(.nan) == "0")
        var drawing = SVG(width: 10, height: 10, title: "a < b", summary: "", style: "")
        drawing.text("1 & 2", x: 1, y: 2, class: "x")
        #expect(drawing.document.contains("<title id=\"title\">a &lt; b</title>"))
        #expect(drawing.document.contains(">1 &amp; 2</text>"))
    }

    @Test("The chart shows what is saved, and is none without figures")
    func charts() {
        func cost(_ name: String, _ callbacks: Int, _ layer: Double?) -> ConfigurationCost {
            ConfigurationCost(
                name: name, callbacks: callbacks, ran: 2, filtered: 8,
                layer: measured(name, instructions: layer),
                session: measured(name, instructions: 5_000))
        }
        let chart = ConfigurationChart([cost("all", 14, 1_000), cost("one", 1, 250)])
        #expect(chart?.document.contains(">25.0, 75.0 % fewer</text>") == true)
        #expect(chart?.document.contains(">500, 0.0 % fewer</text>") == true)
        #expect(chart?.document.contains("prefers-color-scheme: dark") == true)
        #expect(ConfigurationChart([]) == nil)
        #expect(ConfigurationChart([cost("all", 14, nil)]) == nil)
    }

    @Test("Savings compare instructions where both have them, else time")
    func savings() {
        func cost(_ layer: Measurement, _ session: Measurement) -> ConfigurationCost {
            ConfigurationCost(
                name: "", callbacks: 1, ran: 1, filtered: 0, layer: layer, session: session)
        }
        let full = cost(
            measured("l", instructions: 100, nanoseconds: 10),
            measured("s", instructions: 1_000, nanoseconds: 40))
        let less = cost(
            measured("l", instructions: 40, nanoseconds: 9), measured("s", nanoseconds: 30))
        #expect(less.layerSaved(against: full) == 0.6)
        #expect(less.sessionSaved(against: full) == 0.25)
        #expect(full.layerShare == 0.1)
        #expect(cost(measured("l"), measured("s")).layerShare == nil)
    }
}
