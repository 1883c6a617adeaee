public import HTTPTypes

/// A method this server knows (RFC 9110 section 9, RFC 5789), in one byte.
///
/// Anything else that is a token is answered 501 before a handler sees it.
public enum RequestMethod: UInt8, CaseIterable, Hashable, Sendable {
    /// The nine registered methods of RFC 9110 and RFC 5789.
    case get, head, post, put, patch, delete, options, connect, trace

    /// The method as swift-http-types names it.
    public var httpMethod: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .head: .head
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        case .options: .options
        case .connect: .connect
        case .trace: .trace
        }
    }

    /// The method named `method`, or nil when this server does not know it.
    public init?(_ method: HTTPRequest.Method) {
        let token = method.rawValue.utf8.span
        self.init(token: 0..<token.count, of: token)
    }

    /// The method that `token` of `bytes` spells exactly; methods are case-sensitive.
    @inline(__always)
    init?(token: Range<Int>, of bytes: Span<UInt8>) {
        guard token.count <= 7 else { return nil }
        switch bytes.number(token) {
        case 0x47_4554: self = .get
        case 0x4845_4144: self = .head
        case 0x504F_5354: self = .post
        case 0x50_5554: self = .put
        case 0x50_4154_4348: self = .patch
        case 0x4445_4C45_5445: self = .delete
        case 0x4F_5054_494F_4E53: self = .options
        case 0x43_4F4E_4E45_4354: self = .connect
        case 0x54_5241_4345: self = .trace
        default: return nil
        }
    }
}

/// The two versions spoken here (RFC 9112 section 2.3).
public enum HTTPVersion: UInt8, Hashable, Sendable {
    /// HTTP/1.0: no chunks, no pipelining by default, closed unless keep-alive was asked for.
    case http10
    /// HTTP/1.1.
    case http11
}

/// What follows a request's head (RFC 9112 section 6.3).
public enum RequestBody: Hashable, Sendable {
    /// Nothing.
    case none
    /// So many bytes; within `HTTPLimits.bodyBytesMax`.
    case fixed(Int)
    /// Chunks, to their end.
    case chunked
}
