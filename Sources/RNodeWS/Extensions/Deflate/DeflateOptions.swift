/// How one side would have permessage-deflate (RFC 7692): what it asks for, and how it deflates.
///
/// Give one to a route's `compression`, and it is agreed on with every client that offers the
/// extension. The defaults keep nothing between messages, so that connections cost no memory for
/// it: they share the streams of their loop. The windows and `memoryLevel` are those with which a context of
/// a connection's own costs little: at level 1 larger ones make hardly anything shorter (Docs/BENCHMARKING.md has
/// the table).
///
/// Compression tells the length of what it hides. Where a secret and something that a stranger
/// chose may stand in one message, send it with `compress: false` (CRIME, BREACH).
public struct DeflateOptions: Hashable, Sendable {
    /// How hard zlib tries, from 1, fast, to 9, small.
    public var level = 1

    /// How much memory zlib takes for matches: 2^(`memoryLevel` + 9) bytes, 1…9.
    public var memoryLevel = 5

    /// The largest window of what the server sends, 2^bits bytes, 9…15. zlib can't deflate into 8.
    ///
    /// The client is told where it asks, and with takeover, where it can save memory by it.
    public var serverWindowBitsMax = 12

    /// The largest window of what the client sends that is kept between messages, 2^bits bytes, 8…15; asked of clients
    /// that say they can be asked. Without takeover theirs may be as large as any.
    public var clientWindowBitsMax = 12

    /// Whether the server's messages may refer to those before them (no `server_no_context_takeover`).
    ///
    /// Short messages that resemble one another get much shorter. Costs each connection a deflater
    /// of its own: 2^(bits of its window + 2) + 2^(`memoryLevel` + 9) bytes and 8 KiB, 40 KiB by
    /// default. The window has `serverWindowBitsMax` bits, or fewer when the client asks for fewer.
    /// A client that asks for no takeover gets none.
    public var serverKeepsContext = false

    /// Whether the client's messages may refer to those before them (no `client_no_context_takeover`).
    ///
    /// Costs each connection an inflater of its own: 2^bits of its window and 8 KiB, 12 KiB by default.
    /// The window has `clientWindowBitsMax` bits, at least 9. A client that can't be asked for one (it does not
    /// offer `client_max_window_bits`; browsers do) has a window of 15 bits, and takeover only where that many
    /// are allowed. A client that offers no takeover has none.
    public var clientKeepsContext = false

    /// The shortest message that is deflated, in bytes, 1…64 MiB. Shorter ones go as they are.
    public var minimumBytes = 512

    /// The defaults.
    public init() {}

    /// Throws the name and the range of the first field that is out of its range.
    public func validate() throws(WebSocketLimitError) {
        try check("level", level, 1...9)
        try check("memoryLevel", memoryLevel, 1...9)
        try check("serverWindowBitsMax", serverWindowBitsMax, 9...15)
        try check("clientWindowBitsMax", clientWindowBitsMax, 8...15)
        try check("minimumBytes", minimumBytes, 1...(64 << 20))
    }

    private func check(
        _ field: String, _ value: Int, _ allowed: ClosedRange<Int>
    ) throws(WebSocketLimitError) {
        guard !allowed.contains(value) else { return }
        throw WebSocketLimitError(
            type: "DeflateOptions", field: field, value: "\(value)", allowed: "\(allowed)")
    }
}
