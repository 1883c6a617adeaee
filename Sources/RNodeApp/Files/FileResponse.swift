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

    /// Puts the file, a range of it, or what its conditions come to into `response`; returns the length of a file that was
    /// asked for by HEAD, which is not read.
    ///
    /// `now` is the wall clock in seconds since 1970. Conditions and ranges are for GET and HEAD, and for an
    /// answer that is 200 otherwise (RFC 9110 sections 13.2.1 and 14.2).
    func answer(_ request: Request, _ response: Response, now: Int64) async throws -> Int? {
        let method = request.method
        let isPlain = response.statusCode == 200 && (method == .get || method == .head)
        let fields = isPlain ? request.fields : HTTPFields()
        let chosen = response.fields
        // On a thread of Swift's own pool: the task that answers prefers the loop.
        let excerpt = try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try read(fields, method, chosen: chosen, now)
        }
        if isPlain {
            response.fields[.eTag] = excerpt.version.tag.text
            response.fields[.lastModified] = HTTPDate.text(
                unixSeconds: excerpt.version.modified)
            response.fields[.acceptRanges] = "bytes"
        }
        fill(response, excerpt)
        return method == .head && excerpt.verdict == .serve ? excerpt.byteCount : nil
    }

    /// What of a file is to be sent.
    struct Excerpt {
        let version: Preconditions
        let verdict: Preconditions.Verdict
        let range: ByteRange
        let byteCount: Int
        var bytes: [UInt8] = []
    }

    private func fill(_ response: Response, _ excerpt: Excerpt) {
        switch (excerpt.verdict, excerpt.range) {
        case (.notModified, _):
            // What describes the content stays with the content (RFC 9110 section 15.4.5).
            response.fields[.contentType] = nil
            response.status(304).setBody([], contentType: nil)
        case (.failed, _):
            response.failure(412, "Precondition failed")
        case (.serve, .unsatisfiable):
            response.fields[.contentRange] = "bytes */\(excerpt.byteCount)"
            response.failure(416, "Range not satisfiable")
        case (.serve, .part(let range)):
            response.fields[.contentRange] =
                "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(excerpt.byteCount)"
            response.status(206).setBody(excerpt.bytes, contentType: type(for: response))
        case (.serve, .whole):
            response.setBody(excerpt.bytes, contentType: type(for: response))
        }
    }

    private func type(for response: Response) -> String {
        response.fields[.contentType] ?? Self.contentType(of: path)
    }

    /// Opens the file, and reads what of it is to be sent. Blocks.
    func read(
        _ fields: HTTPFields, _ method: HTTPRequest.Method, chosen: HTTPFields, _ now: Int64
    ) throws -> Excerpt {
        do throws(IOError) {
            let file = try SystemFile(path, beneath: root, byteCountMax: Self.byteCountMax)
            let version = Self.version(file, chosen, now)
            var excerpt = Excerpt(
                version: version, verdict: version.verdict(fields),
                range: method == .get ? version.range(fields, length: file.byteCount) : .whole,
                byteCount: file.byteCount)
            guard excerpt.verdict == .serve, method != .head else { return excerpt }
            switch excerpt.range {
            case .unsatisfiable: break
            case .part(let range): excerpt.bytes = try file.read(range)
            case .whole: excerpt.bytes = try file.read(0..<file.byteCount)
            }
            return excerpt
        } catch {
            if error.isMissingFile { throw HTTPError(404, "Not found") }
            throw error
        }
    }

    /// The version of a file: the handler's own tag, or one of its time and size.
    ///
    /// Weak while the file is younger than two seconds: a clock may not tell its next change from its last.
    private static func version(
        _ file: borrowing SystemFile, _ chosen: HTTPFields, _ now: Int64
    ) -> Preconditions {
        let nanoseconds = file.modifiedNanoseconds
        let modified = nanoseconds / 1_000_000_000
        let made = EntityTag(
            String(nanoseconds, radix: 16) + "-" + String(file.byteCount, radix: 16),
            isWeak: now < modified.addingReportingOverflow(2).partialValue)
        let tag = chosen[.eTag].flatMap { EntityTag($0) } ?? made
        // A date in the future would say that nothing changes until then (RFC 9110 section 8.8.2.1).
        return Preconditions(tag: tag, modified: min(modified, now), now: now)
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
