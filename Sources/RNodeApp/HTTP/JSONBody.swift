internal import FoundationEssentials

/// An error whose answer its author has chosen: thrown by a handler, it becomes that status with the reason as JSON.
public protocol ResponseError: Error {
    /// The status, 400…599.
    var status: Int { get }
    /// What the client is told.
    var reason: String { get }
}

/// An answer other than success, to be thrown by handlers and middleware.
public struct HTTPError: ResponseError, Hashable {
    /// The status, 400…599.
    public let status: Int
    /// What the client is told.
    public let reason: String
    /// The limit that was passed, to be counted.
    let limit: LimitName?

    /// An answer with this status (400…599) and reason.
    public init(_ status: Int, _ reason: String) {
        self.init(status, reason, limit: nil)
    }

    init(_ status: Int, _ reason: String, limit: LimitName?) {
        self.status = status
        self.reason = reason
        self.limit = limit
    }

    /// Whether both are the same answer.
    public static func == (one: HTTPError, other: HTTPError) -> Bool {
        one.status == other.status && one.reason == other.reason
    }

    /// Feeds the answer to `hasher`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(reason)
    }
}

extension RoomError: ResponseError {
    /// What the client is told.
    public var reason: String { message }
}

extension Request {
    /// The body decoded from JSON.
    ///
    /// Throws an ``HTTPError``: 415 when the body is not declared as JSON, 400 when it is none or deeper or
    /// bigger than `limits` allow (those of the app without any given), 422 when it has not the wanted shape.
    public func getBodyAsJson<Value: Decodable>(
        as type: Value.Type = Value.self, limits: JSONLimits? = nil
    ) throws -> Value {
        guard isDeclaredJSON else {
            throw HTTPError(415, "Content-Type must be application/json")
        }
        // Scanned first: the decoder meets no text that is nested deeply or not JSON at all.
        do throws(JSONFault) {
            _ = try JSONScanner.check(body: body.span, limits: limits ?? jsonLimits)
        } catch {
            throw HTTPError(400, "Malformed JSON", limit: LimitName(error))
        }
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw HTTPError(422, "A field is missing or has the wrong type")
        }
    }

    private var isDeclaredJSON: Bool {
        guard let declared = fields[.contentType] else { return false }
        let media = declared.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        return media == "application/json" || media.hasSuffix("+json")
    }
}

extension Response {
    /// Answers with the file at a path of the server's own making.
    ///
    /// A GET may ask for a range of it, or set conditions (RFC 9110 sections 13 and 14): see `ETag` and
    /// `Last-Modified` of the answer.
    /// For a path that holds anything of the request's, name the `root` it must stay beneath.
    @discardableResult
    public func file(_ path: String) -> Self {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let folder = String(path.dropLast(name.utf8.count))
        return file(name, root: folder.isEmpty ? "." : folder)
    }

    /// Answers with a value as JSON.
    ///
    /// A value that can't be encoded makes the answer 500.
    @discardableResult
    public func json(_ value: some Encodable) -> Self {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        do {
            return setBody([UInt8](try encoder.encode(value)), contentType: "application/json")
        } catch {
            return failure(500, "Internal server error")
        }
    }

    /// Answers `{"success":false,"error":…}` with a status of 400…599.
    @discardableResult
    public func failure(_ status: Int, _ reason: String) -> Self {
        self.status(status).setBody(ErrorBody.json(reason), contentType: "application/json")
    }
}
