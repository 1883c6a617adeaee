import BenchmarkReport
import CMeasuring
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Counts instructions: runs this same program once more, under valgrind's callgrind.
///
/// Every benchmark is run so many times, and then twice as many times. callgrind writes what it counted since the last
/// mark (`measuring_mark`) at each one, and the difference of both is what the runs took.
enum Callgrind {
    /// Whether it is installed, and what it needs with it.
    static var isThere: Bool { isEveryToolThere }

    private static let isEveryToolThere = sh(
        "command -v valgrind >/dev/null && command -v strip >/dev/null")

    // MARK: - The program that counts

    /// Counts benchmarks, given by options of this program; returns what each run of them took, by the benchmark's name.
    static func count(_ options: [String]) throws -> [String: Double] {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "rnode-benchmarks-\(getpid())")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        let place = folder.path
        let program = try files.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // valgrind can't read the debug data of Swift's compiler, and hash tables must look the same in each run. Threads
        // are told apart because Dispatch has one that looks about once a second.
        let command = """
            strip -g -o \(quoted(place + "/program")) \(quoted(program)) \
            && SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind \
            --callgrind-out-file=\(quoted(place + "/counted")) \
            --separate-threads=yes --dump-before=measuring_mark \
            \(quoted(place + "/program")) --counting \(quoted(place + "/list")) \
            \(options.map(quoted).joined(separator: " ")) >\(quoted(place + "/log")) 2>&1
            """
        guard sh(command) else {
            let log = (try? text(place + "/log")) ?? ""
            throw BenchmarkFailure("callgrind failed:\n\(log)")
        }
        return try read(place)
    }

    /// Reads what callgrind wrote of the first thread: dump n belongs to line n of the list.
    private static func read(_ place: String) throws -> [String: Double] {
        var counted: [String: [(runs: Int, instructions: Double)]] = [:]
        for (number, line) in try text(place + "/list").split(separator: "\n").enumerated() {
            let parts = line.split(separator: " ")
            let dump = try text(place + "/counted.\(number + 1)-01")
            guard parts.count == 3, let runs = Int(parts[1]),
                let instructions = CallgrindDump.instructions(in: dump)
            else { throw BenchmarkFailure("callgrind wrote no number for \(line)") }
            if runs > 0 { counted[String(parts[0]), default: []].append((runs, instructions)) }
        }
        return counted.compactMapValues { pairs in
            pairs.count == 2 ? CallgrindDump.perRun(pairs[0], pairs[1]) : nil
        }
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    private static func sh(_ command: String) -> Bool {
        // SAFETY: the string is lent for the length of the call. Nothing else runs a program without all of Foundation.
        unsafe system(command) == 0
    }

    private static func quoted(_ word: String) -> String {
        let parts = word.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: #"'\''"#) + "'"
    }

    // MARK: - The program that is counted

    /// Runs benchmarks between the marks, and lists in a file which, how often, and how many units a run has.
    static func run(_ benchmarks: [Benchmark], iterations: Int?, listing path: String) throws {
        var list = ""
        for benchmark in benchmarks {
            let run = try benchmark.prepare()
            let runs = iterations ?? benchmark.countedRuns
            run(runs)
            // The first dump has all that came before, and is left away. Callgrind's --zero-before leaves some of it behind.
            measuring_mark()
            run(runs)
            measuring_mark()
            run(2 * runs)
            measuring_mark()
            for count in [0, runs, 2 * runs] {
                list += "\(benchmark.name) \(count) \(benchmark.units)\n"
            }
        }
        try list.write(toFile: path, atomically: false, encoding: .utf8)
    }
}
