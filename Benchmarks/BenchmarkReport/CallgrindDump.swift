/// The one number of a file that callgrind wrote: how many instructions it counted.
package enum CallgrindDump {
    /// The instructions of a dump; nil for what is none.
    ///
    /// Its last lines hold `totals: N`, with one number for each kind of event; instructions are the first.
    package static func instructions(in text: String) -> Double? {
        for line in text.split(separator: "\n").reversed() where line.hasPrefix("totals:") {
            let first = line.dropFirst("totals:".count).split(separator: " ").first
            return first.flatMap { Double($0) }
        }
        return nil
    }

    /// Instructions for each run, from two dumps with this many runs: what both have in common is not counted.
    package static func perRun(
        _ first: (runs: Int, instructions: Double), _ second: (runs: Int, instructions: Double)
    ) -> Double? {
        guard second.runs > first.runs else { return nil }
        return (second.instructions - first.instructions) / Double(second.runs - first.runs)
    }
}
