import BenchmarkReport
import FoundationEssentials
import RNodeIO

/// Files that are read and written, as JSON that can be compared by eye.
enum ReportFile {
    static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
    }

    static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        var data = try encoder.encode(value)
        data.append(UInt8(ascii: "\n"))
        try data.write(to: URL(filePath: path))
    }

    static func write(text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}

extension Machine {
    /// The one this runs on.
    static var here: Machine {
        Machine(
            architecture: architecture, compiler: compiler,
            processors: ProcessInfo.processInfo.activeProcessorCount)
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }

    private static var compiler: String {
        #if compiler(>=6.4)
            "Swift 6.4 or newer"
        #else
            "Swift 6.3"
        #endif
    }
}
