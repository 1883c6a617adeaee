/// Our side of `scripts/differential`: reads one input after the other from standard input and writes what our code
/// makes of each to standard output, both behind their length.
///
/// The first argument names the subject, which says what an input and a report are.
@main
enum Differential {
    static func main() {
        let subject = CommandLine.arguments.dropFirst().first ?? ""
        guard let report = subjects[subject] else {
            print("Usage: Differential", subjects.keys.sorted().joined(separator: "|"))
            return
        }
        var streams = StandardStreams()
        while let input = streams.next() {
            streams.write(report(input))
        }
        streams.flush()
    }

    /// What can be compared, by its name on the command line.
    private static let subjects: [String: @Sendable ([UInt8]) -> [UInt8]] = [
        "frames": FramesReport.report(of:)
    ]
}
