/// Domains that are small enough to be tried whole, each judged by a reference that was written from the RFC alone.
///
/// `scripts/exhaustive` builds this for release and runs it: seconds there, minutes in a debug build. Arguments are
/// the names of parts; none runs all. It ends with 1 when anything differs.
@main
enum Exhaustive {
    static func main() {
        let wanted = CommandLine.arguments.dropFirst()
        let parts: [(name: String, run: () -> Tally)] = [
            ("heads", FrameHeads.run), ("lengths", PayloadLengths.run), ("codes", CloseCodes.run),
            ("utf8", UTF8Sequences.run), ("closing", CloseInterleavings.run),
            ("places", GrammarPlaces.run), ("values", ContentLengths.run),
            ("stale", StaleEvents.run),
        ]
        for name in wanted where !parts.contains(where: { $0.name == name }) {
            print("There is no part \(name): there are \(parts.map(\.name))")
            exit(with: 2)
        }
        var total = Tally()
        for part in parts where wanted.isEmpty || wanted.contains(part.name) {
            let clock = ContinuousClock()
            let begin = clock.now
            let tally = part.run()
            let seconds = (clock.now - begin) / .seconds(1)
            print(
                "\(part.name): \(tally.tried) tried, \(tally.wrong) wrong,", rounded(seconds), "s")
            for example in tally.examples { print("    \(example)") }
            total.add(tally)
        }
        print("Exhaustive: \(total.tried) tried, \(total.wrong) wrong")
        if total.wrong > 0 || total.tried == 0 { exit(with: 1) }
    }

    private static func rounded(_ seconds: Double) -> Double {
        (seconds * 10).rounded() / 10
    }
}

/// How many were tried, and which of them came out wrong.
struct Tally {
    private(set) var tried = 0
    private(set) var wrong = 0
    private(set) var examples: [String] = []

    /// Counts one; `example` is asked for the first few that are wrong only.
    mutating func note(_ isRight: Bool, _ example: @autoclosure () -> String) {
        tried &+= 1
        guard !isRight else { return }
        wrong += 1
        if examples.count < 8 { examples.append(example()) }
    }

    /// Counts many that came out right without a look at each.
    mutating func noteRight(_ count: Int) {
        tried += count
    }

    mutating func add(_ other: Tally) {
        tried += other.tried
        wrong += other.wrong
    }
}
