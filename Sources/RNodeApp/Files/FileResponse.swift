/// A file as a response: opened beneath a root, so that no path leads out of it, and read off the loop.
///
/// At most 64 MiB; a bigger file answers 500 and is logged. What is not a regular file, or not there, answers 404.
struct FileResponse: Sendable {
    /// The biggest file that is served, in bytes.
    static let byteCountMax = 64 << 20

    private let path: String
    private let root: String

    init(_ path: String, root: String) {
        self.path = path
        self.root = root
    }

    /// Puts the file into `response`, with its content type if none was set.
    func answer(_ request: Request, _ response: Response) async throws {
        let bytes = try await read()
        let type = response.fields[.contentType] ?? Self.contentType(of: path)
        response.setBody(bytes, contentType: type)
    }

    /// Reads the file on a thread of Swift's own pool: the task that answers prefers the loop.
    private func read() async throws -> [UInt8] {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try readNow() }
    }

    private func readNow() throws -> [UInt8] {
        do throws(IOError) {
            return try SystemFile.read(path, beneath: root, byteCountMax: Self.byteCountMax)
        } catch {
            if error.isMissingFile { throw HTTPError(404, "Not found") }
            throw error
        }
    }

    /// The content type that a file's name tells.
    static func contentType(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return types[ending] ?? "application/octet-stream"
    }

    private static let types = [
        "css": "text/css; charset=utf-8", "csv": "text/csv; charset=utf-8", "gif": "image/gif",
        "html": "text/html; charset=utf-8", "ico": "image/x-icon", "jpeg": "image/jpeg",
        "jpg": "image/jpeg", "js": "text/javascript; charset=utf-8", "json": "application/json",
        "md": "text/markdown; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
        "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml",
        "txt": "text/plain; charset=utf-8", "wasm": "application/wasm", "webp": "image/webp",
        "woff2": "font/woff2", "xml": "application/xml",
    ]
}
