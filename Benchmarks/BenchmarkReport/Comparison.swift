/// Two runs beside each other, benchmark by benchmark.
package struct Comparison: Sendable {
    /// One figure of both runs.
    package struct Change: Sendable, Equatable {
        /// In the earlier run.
        package var before: Double?
        /// In this one.
        package var after: Double?

        /// After divided by before; nil where one is missing, or nothing was there before.
        package var ratio: Double? {
            guard let before, let after, before > 0 else { return nil }
            return after / before
        }
    }

    /// One benchmark of both runs.
    package struct Row: Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Its instructions.
        package var instructions: Change
        /// Its allocations.
        package var allocations: Change
        /// Its time. From another run it says little: machines are not as quiet every day.
        package var nanoseconds: Change
    }

    /// The benchmarks that both runs have, in this one's order.
    package let rows: [Row]
    /// Those that only this run has.
    package let added: [String]

    /// Compares a run with an earlier one.
    package init(before: [Measurement], after: [Measurement]) {
        let pairs = before.map { ($0.name, $0) }
        let known = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        rows = after.compactMap { new in
            guard let old = known[new.name] else { return nil }
            return Row(
                name: new.name,
                instructions: Change(before: old.instructions, after: new.instructions),
                allocations: Change(before: old.allocations, after: new.allocations),
                nanoseconds: Change(
                    before: old.nanoseconds?.median, after: new.nanoseconds?.median))
        }
        added = after.map(\.name).filter { known[$0] == nil }
    }

    /// The comparison as text.
    package var text: String {
        var table = Table([
            "compared", "instructions", "now", "×", "allocations", "now", "ns", "now", "×",
        ])
        for row in rows {
            table.add([
                row.name, Figure.text(row.instructions.before), Figure.text(row.instructions.after),
                Figure.text(row.instructions.ratio), Figure.text(row.allocations.before),
                Figure.text(row.allocations.after), Figure.text(row.nanoseconds.before),
                Figure.text(row.nanoseconds.after), Figure.text(row.nanoseconds.ratio),
            ])
        }
        let rest = added.isEmpty ? "" : "\nonly now: " + added.joined(separator: ", ")
        return table.text + rest
    }
}
