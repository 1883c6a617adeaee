/// A request's line and fields, as bytes with a table of positions.
///
/// One per loop: `HTTPSession.next` fills it in, and it holds until the next head is read. Reading it
/// copies nothing unless it is asked for a `String` or `HTTPFields`. After its first few heads,
/// filling it allocates nothing.
public struct RequestHead: ~Copyable {
    @usableFromInline
    var bytes = ByteBuffer()
    /// Behind a pointer: to borrow a head would copy it otherwise.
    let layout: Owned<HeadLayout>

    /// An empty head, and the limits for those it will hold; check them by `validate()` first.
    public init(limits: HTTPLimits = HTTPLimits()) {
        layout = Owned(HeadLayout(limits: limits))
    }

    /// The limits the parser holds to.
    public var limits: HTTPLimits { layout.borrow { $0.limits } }

    // MARK: - Request line

    /// The method.
    public var method: RequestMethod { layout.borrow { $0.method } }

    /// The version.
    public var version: HTTPVersion { layout.borrow { $0.version } }

    /// Lends the path as received: percent-escapes not decoded, without the query. `/` where an
    /// absolute target has none, `*` for `OPTIONS *`, `host:port` for CONNECT.
    @inlinable
    public borrowing func withPath<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(pathRange, body)
    }

    /// Lends the query as received, without its `?`; empty when there is none.
    @inlinable
    public borrowing func withQuery<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(queryRange, body)
    }

    /// Lends the whole target as received.
    @inlinable
    public borrowing func withTarget<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(targetRange, body)
    }

    /// Lends the host and port asked for: of an absolute target, else of `Host` (RFC 9112 section
    /// 3.2.2); empty on HTTP/1.0 without either.
    @inlinable
    public borrowing func withAuthority<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes(authorityRange, body)
    }

    /// The path, percent-decoded. It was found to be UTF-8 without NUL or dot segments.
    public var path: String {
        withPath { path in
            let decoded = PercentEncoding.decodedBytes(path) ?? []
            return String(decoding: decoded, as: UTF8.self)
        }
    }

    /// The query, to look names up in.
    public var query: QueryParameters {
        withQuery { QueryParameters(String(decoding: $0.copied(), as: UTF8.self)) }
    }

    /// The host and port asked for, as text.
    public var authority: String {
        withAuthority { String(decoding: $0.copied(), as: UTF8.self) }
    }

    /// A number that this head has in common with earlier ones only if their request lines are the same, byte for byte:
    /// what was found by method and target then is found again. Another number may mean the same line.
    package var lineNumber: UInt64 { layout.borrow { $0.lineNumber } }

    // MARK: - What the fields mean

    /// What follows this head.
    public var body: RequestBody { layout.borrow { $0.body } }

    /// Whether the client lets the connection serve another request (RFC 9112 section 9.3).
    public var keepsAlive: Bool {
        layout.borrow {
            guard $0.method != .connect, !$0.marks.contains(.connectionClose) else { return false }
            return $0.version == .http11 || $0.marks.contains(.connectionKeepAlive)
        }
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    public var expectsContinue: Bool {
        layout.borrow {
            $0.version == .http11 && $0.body != .none && $0.marks.contains(.expectContinue)
        }
    }

    /// Whether HTTP/1.1 with `websocket` in `Upgrade`. The handshake checks all else.
    public var isWebSocketUpgrade: Bool {
        layout.borrow { $0.version == .http11 && $0.marks.contains(.upgradeWebSocket) }
    }

    // MARK: - Inside

    @usableFromInline
    var pathRange: Range<Int> { layout.borrow { $0.path.range } }
    @usableFromInline
    var queryRange: Range<Int> { layout.borrow { $0.query.range } }
    @usableFromInline
    var targetRange: Range<Int> { layout.borrow { $0.target.range } }
    @usableFromInline
    var authorityRange: Range<Int> { layout.borrow { $0.authority } }

    @inlinable
    borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withSpan { (all: Span<UInt8>) throws(Failure) -> Result in
            try body(all.extracting(range.clamped(to: 0..<all.count)))
        }
    }
}
