/// One side of an open WebSocket, as a value: bytes and the time go in, steps come out
/// (RFC 6455 §5–7).
///
/// Pull style. Give it the bytes of a read, and call `next` until they are used up:
///
/// ```swift
/// var offset = 0
/// while offset < bytes.count {
///     switch session.next(&bytes, from: &offset, now: now) {
///     case .message(let kind, .input(let range)):
///         session.send(kind, bytes.span.extracting(range), into: &output)
///     case .message(let kind, .assembled):
///         let message = session.takePayload()
///         message.withSpan { _ = session.send(kind, $0, into: &output) }
///     case .close: session.answerClose(now: now, into: &output)
///     case .failed(let error): session.sendClose(error, now: now, into: &output)
///     …
///     }
/// }
/// ```
///
/// Its phases, and what becomes of what comes and of what is asked for:
///
/// | phase         | message, ping, pong | close frame       | broken rule    | send, ping, pong | close asked for |
/// |---------------|---------------------|-------------------|----------------|------------------|-----------------|
/// | open          | reported            | → `closeReceived` | → `failed`     | sent             | → `closeSent`   |
/// | closeSent     | reported            | → `closed`        | → `closed`     | refused          | refused         |
/// | closeReceived | ignored             | ignored           | ignored        | refused          | → `closed`      |
/// | failed        | ignored             | ignored           | ignored        | refused          | → `closed`      |
/// | closed        | ignored             | ignored           | ignored        | refused          | refused         |
///
/// Not `Sendable`: it stays with the loop of its connection.
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
        /// Our close frame is out, the peer's is awaited; what it sent before still counts.
        case closeSent
        /// The peer's close frame is in, ours is to be sent; all else that comes is ignored.
        case closeReceived
        /// The peer broke a rule; our close frame is to be sent, all that comes is ignored.
        case failed
        /// Nothing more is sent, and all that comes is ignored: end the transport.
        case closed
    }

    // Hot: what every message touches stands first.

    /// A server between messages with nothing kept: `next` may take the fast path.
    @usableFromInline
    var isBetweenMessages: Bool
    /// How far the closing handshake is.
    public internal(set) var phase = Phase.open {
        didSet { sendsAsItIs = sendsAsItIs && phase == .open }
    }
    /// Which side this is.
    public let role: Role
    /// Whether `send` appends a payload as it is, in one frame: the phase is open, there is no extension, and no mask.
    public private(set) var sendsAsItIs: Bool
    @usableFromInline
    let frameBytesMax: UInt32
    @usableFromInline
    var keepAlive: KeepAlive
    /// When the unfinished message, or the close handshake, must be over; `.max` for neither.
    var patienceEnd = Int64.max
    var unfinished: Owned<UnfinishedInput>?

    // Cold.

    /// What it has in common with others: limits, and memory to spare.
    public let share: SessionShare
    /// The code of the peer's close frame, 1005 when it had none; nil before.
    var peerCode: CloseCode?
    /// The code of our close frame; nil before, and when it had none.
    public internal(set) var closeCodeSent: CloseCode?
    /// What was agreed on in the handshake.
    package let `extension`: (any WebSocketExtension)?

    /// A session that has just been opened by its handshake, with limits and spare memory of its own.
    ///
    /// `limits` should have been validated: here they are clamped to what is possible. `jitter` is
    /// a random byte for the ping interval. `extension` is what the handshake agreed on.
    public init(
        role: Role, limits: WebSocketLimits = .default,
        extension: (any WebSocketExtension)? = nil, now: MonotonicInstant, jitter: UInt8 = 128
    ) {
        self.init(
            role: role, share: SessionShare(limits: limits), extension: `extension`, now: now,
            jitter: jitter)
    }

    /// A session that has just been opened by its handshake, one of many with the same limits on one loop.
    ///
    /// `jitter` is a random byte for the ping interval. `extension` is what the handshake agreed on.
    public init(
        role: Role, share: SessionShare, extension: (any WebSocketExtension)? = nil,
        now: MonotonicInstant, jitter: UInt8 = 128
    ) {
        self.role = role
        self.extension = `extension`
        sendsAsItIs = role == .server && `extension` == nil
        isBetweenMessages = role == .server
        self.share = share
        frameBytesMax = share.frameBytesMax
        keepAlive = KeepAlive(limits: share.limits, now: now, jitter: jitter)
    }

    /// Open, between messages, and with no memory held: as long as it stays so, `deadline` only moves away.
    ///
    /// A session with an extension is never called quiet.
    @inlinable
    public var isQuiet: Bool { sendsAsItIs && isBetweenMessages }

    /// The close code of the connection as RFC 6455 §7.1.5 defines it: the peer's, 1005 when its
    /// close frame had none, 1006 while no close frame has come.
    public var closeCode: CloseCode { peerCode ?? .abnormal }
}
