import FoundationEssentials
import RNodeApp
import RNodeBytes
import RNodeTesting
import Testing

/// The server that the cases are put to: a handler that says what it saw, and routes for what needs its own.
struct ConformanceServer {
    /// A file of ten bytes, and what is known of it.
    static let fileSeconds: Int64 = 784_111_777
    static let fileTag = "\"\(String(fileSeconds * 1_000_000_000, radix: 16))-a\""
    static let fileDate = "Sun, 06 Nov 1994 08:49:37 GMT"
    /// The clock that a file's age is told by: a day later.
    static let now = fileSeconds + 86_400

    let stage: Stage
    let seen: Seen

    /// What the handlers saw, in order.
    final class Seen: Sendable {
        private let lines = Guarded<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    static func make(isAsync: Bool, files: TemporaryFolder) async throws -> ConformanceServer {
        let seen = Seen()
        let stage = try await Stage.make {
            $0.wallClock = { now * 1_000 }
        } _: { app in
            for path in ["/", "/a", "/b", "/a/{rest*}"] { register(path, app, seen, isAsync) }
            app.get("/only") { echo($0, $1, seen) }
            app.put("/only") { echo($0, $1, seen) }
            app.get("/fixed", fixed: Response().text("fixed"))
            app.get("/status/{code}") { request, response in
                response.status(Int(request.params["code"] ?? "") ?? 500).text("content")
            }
            app.get("/close") { $1.header("Connection", "close").text("bye") }
            app.get("/framed") { _, response in
                response.header("Content-Length", "99").header("Transfer-Encoding", "chunked")
                    .header("Trailer", "X").text("abc")
            }
            app.get("/advert") { $1.header("Upgrade", "h2c").text("abc") }
            app.get("/injected") { $1.header("X", "a\r\nSet-Cookie: b").text("abc") }
            app.get("/throws") { _, _ in throw Refused() }
            app.get("/file") { $1.file("ten", root: files.path) }
            app.post("/file") { $1.file("ten", root: files.path) }
            app.get("/empty") { $1.file("empty", root: files.path) }
            app.get("/missing") { $1.file("missing", root: files.path) }
            app.get("/teapot-file") { $1.status(404).file("ten", root: files.path) }
            app.websocket("/ws") { _ in }
        }
        return ConformanceServer(stage: stage, seen: seen)
    }

    private static func register(_ path: String, _ app: App, _ seen: Seen, _ isAsync: Bool) {
        if isAsync {
            app.any(path) { request, response async in
                await Task.yield()
                echo(request, response, seen)
            }
        } else {
            app.any(path) { echo($0, $1, seen) }
        }
    }

    private static func echo(_ request: Request, _ response: Response, _ seen: Seen) {
        var text = "\(request.method.rawValue) \(request.path)"
        if !request.query.isEmpty { text += "?\(request.query.raw)" }
        if let value = request.field("x") { text += " x=\(value)" }
        if !request.body.isEmpty { text += " [\(String(decoding: request.body, as: UTF8.self))]" }
        seen.note(text)
        response.text(text)
    }
}

/// A folder that is there as long as this is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "rnode-\(UInt64.random(in: 0 ... .max))")
        path = folder.path(percentEncoded: false)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file that was modified at `seconds`.
    func write(_ name: String, _ text: String, modified seconds: Int64) throws {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(filePath: file))
        let date = Date(timeIntervalSince1970: Double(seconds))
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
    }

    /// A folder with the files of the cases.
    static func withCaseFiles() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("ten", "0123456789", modified: ConformanceServer.fileSeconds)
        try folder.write("empty", "", modified: ConformanceServer.fileSeconds)
        return folder
    }
}
