import FoundationEssentials

/// The checkout these tests were compiled from, read as text.
enum Repository {
    /// The folder that holds Package.swift.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The libraries, and the target they share.
    static let libraries = [
        "RNodeBytes", "RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeRooms", "RNodeApp", "RNodeTesting",
    ]

    /// Every Swift file beneath Sources.
    static let sources = swiftFiles(beneath: "Sources")

    /// The text of a file, by its path from the root.
    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Whether there is a file or folder at this path from the root.
    static func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    /// The paths from the root of all files beneath a folder, sorted.
    static func paths(beneath folder: String) -> [String] {
        let found = try? FileManager.default.subpathsOfDirectory(
            atPath: root.appending(path: folder).path())
        return (found ?? []).map { folder + "/" + $0 }.sorted()
    }

    /// The Swift files beneath a folder, read.
    static func swiftFiles(beneath folder: String) -> [SourceFile] {
        paths(beneath: folder).filter { $0.hasSuffix(".swift") }.compactMap { path in
            guard let text = try? text(of: path) else { return nil }
            return SourceFile(path: path, text: text)
        }
    }
}
