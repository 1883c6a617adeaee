/// One side of an open WebSocket, as a value: bytes and the time go in, steps come out.
///
/// Pull style. Give it the bytes of a read and call `next` until they are used up:
///
/// ```swift
/// var offset = 0
/// while offset < bytes.count {
///     switch session.next(&bytes, from: &offset, now: now) {
///     case .message(let kind, .input(let range)):
///         session.send(kind, bytes.span.extracting(range), into: &output)
///     …
///     }
/// }
/// ```
public struct WebSocketSession: ~Copyable {
    /// Which side of the connection this is.
    public enum Role: UInt8, Hashable, Sendable, BitwiseCopyable {
        /// Expects masked frames, sends unmasked ones.
        case server
        /// Expects unmasked frames, masks what it sends.
        case client
    }

    /// How far the closing handshake is (RFC 6455 §7).
    public enum Phase: UInt8, Hashable, Sendable, BitwiseCopyable {
        /// Messages go both ways.
        case open
        /// Our close frame is out, the peer's is awaited; its messages still count.
        case closeSent
        /// The peer's close frame is in, ours is to be sent; all else that comes is ignored.
        case closeReceived
        /// The peer broke a rule; our close frame is to be sent, all that comes is ignored.
        case failed
        /// Nothing more is sent, and all that comes is ignored: end the transport.
        case closed
    }

    /// Which side this is.
    public let role: Role
    /// How far the closing handshake is.
    public private(set) var phase: Phase

    /// A session that has just been opened by its handshake.
    ///
    /// `limits` should have been validated; values out of range are clamped. `jitter` is a random
    /// byte for the ping interval. `extension` is what the handshake agreed on.
    public init(
        role: Role, limits: WebSocketLimits = .default,
        extension: (any WebSocketExtension)? = nil, now: MonotonicInstant, jitter: UInt8 = 128
    ) {
        self.role = role
        phase = .open
    }

    // MARK: - Receiving

    /// Finds the next message or control frame in `bytes`, from `offset` on.
    ///
    /// Moves `offset` past what was used; parts of frames are kept, so that at `.needMore` all
    /// bytes are used. Payloads are unmasked in place. Stop when `offset` reaches the end.
    public mutating func next(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, now: MonotonicInstant
    ) -> WebSocketStep {
        .needMore
    }

    /// Lends the payload of the last step, when that was `.assembled`; else no bytes.
    public borrowing func withPayload<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(Span())
    }

    /// Moves out the payload of the last step, when that was `.assembled`; else an empty buffer.
    ///
    /// The session keeps no memory for it, and stays free for `send` while it is used.
    public mutating func takePayload() -> ByteBuffer { ByteBuffer() }

    /// Bytes of memory held for what is unfinished (or lent); 0 between messages.
    public var unfinishedByteCount: Int { 0 }

    // MARK: - Sending

    /// Appends a message as one frame; false, and nothing appended, unless the phase is open.
    ///
    /// `maskingKey` is for a client, which must draw it anew and at random for each frame; a
    /// server's frames are never masked. Text must be UTF-8: what is sent is not checked.
    /// `compress` lets an agreed extension encode the message.
    @discardableResult
    public mutating func send(
        _ kind: MessageKind, _ payload: Span<UInt8>, compress: Bool = true,
        maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool { false }

    /// Appends a ping with at most 125 bytes of `payload`; false unless the phase is open.
    @discardableResult
    public mutating func sendPing(
        _ payload: Span<UInt8> = Span(), now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool { false }

    /// Appends a pong with at most 125 bytes of `payload`; false unless the phase is open.
    @discardableResult
    public mutating func sendPong(
        _ payload: Span<UInt8> = Span(), maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool { false }

    /// Appends our close frame; false when it went out before, so that exactly one is ever sent.
    ///
    /// A `code` that may not be on the wire, or nil, sends none and no reason. The reason is cut
    /// to 123 bytes at the boundary of a character.
    @discardableResult
    public mutating func sendClose(
        _ code: CloseCode?, reason: String = "", now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool { false }

    /// Appends the close frame that `error` asks for; false when one went out before.
    @discardableResult
    public mutating func sendClose(
        _ error: WebSocketError, now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool { false }

    /// Appends the answer to the peer's close frame, with its code; false when it went out before.
    @discardableResult
    public mutating func answerClose(
        now: MonotonicInstant, maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool { false }

    // MARK: - Closing

    /// The close code of the connection as RFC 6455 §7.1.5 defines it: the peer's, 1005 when its
    /// close frame had none, 1006 while no close frame has come.
    public var closeCode: CloseCode { .abnormal }

    /// The code of the close frame we sent; nil before, and when it had none.
    public var closeCodeSent: CloseCode? { nil }

    // MARK: - Time

    /// When to call `due` next; it may move with every call, so ask again when it has passed.
    public var deadline: MonotonicInstant { .distantFuture }

    /// What is due at `now`. After `.failed` the phase is `failed`.
    public mutating func due(at now: MonotonicInstant) -> WebSocketDue { .nothing }

    /// When the last ping was sent, or nil: for a latency.
    public var pingSentAt: MonotonicInstant? { nil }
}
