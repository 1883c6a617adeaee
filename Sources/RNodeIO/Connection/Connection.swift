/// One connection: a transport, what is to be sent, and when to look at it again.
///
/// Lives in a slot of its loop's table. Changed by the loop's thread only.
@usableFromInline
struct Connection: ~Copyable {
    @usableFromInline
    var output = ByteBuffer()
    let transport: any Transport
    let id: ConnectionID
    /// Bytes the handler has not taken yet.
    var backlog: Owned<ByteBuffer>?
    /// When the handler is to be told `timedOut`.
    var deadline = MonotonicInstant.distantFuture
    /// When the connection is cut unless the peer takes some of the unsent bytes: set while it is ``ConnectionState/behind``.
    private(set) var stallDeadline = MonotonicInstant.distantFuture
    /// The entry of the timer wheel, due at or before both deadlines.
    var timer = TimerID.none
    var timerDeadline = MonotonicInstant.distantFuture
    @usableFromInline
    var outputHardCapBytes: Int
    /// What waits for a slow receiver beside the output; nil for everybody else.
    var waiting: Owned<WaitingOutput>?
    /// The part of the loop's unsent bytes that is this connection's.
    var accountedBytes = 0
    // Small ones together: they fill one word.
    /// The system's error number when the stream broke, else 0.
    var failureCode: Int32 = 0
    @usableFromInline
    var state: ConnectionState = []
    var overflowPolicy = OverflowPolicy.refuse
    /// What the backend was last told.
    var interest: Readiness = .readable

    init(_ transport: any Transport, id: ConnectionID, outputHardCapBytes: Int) {
        self.transport = transport
        self.id = id
        self.outputHardCapBytes = outputHardCapBytes
    }

    /// Whether the output is all there is to know of what is unsent.
    @inlinable
    var isPlain: Bool { state.isDisjoint(with: .judged) }

    /// The peer has not taken all, and has until `deadline` to take some.
    mutating func fallBehind(until deadline: MonotonicInstant) {
        stallDeadline = deadline
        state.insert(.behind)
    }

    /// The peer has taken all.
    mutating func catchUp() {
        stallDeadline = .distantFuture
        state.remove(.behind)
    }

    /// Whether it waits for nothing but what its peer sends.
    var isSettled: Bool { state == .touched && output.isEmpty && isOrdinary }

    /// Whether the handler is to be given what comes.
    var isHeard: Bool { state.isDisjoint(with: .unheard) && backlog == nil }

    /// Whether sending its output is all that can be left to do for it. Whatever else there is to do is told by a state: who
    /// makes it so sets one, or has the connection settled.
    var hasOnlyOutput: Bool {
        assert(!state.isEmpty || isOrdinary)
        return state.isEmpty
    }

    private var isOrdinary: Bool {
        backlog == nil && waiting == nil && accountedBytes == 0 && interest == .readable
    }

    /// Reads from the transport. Here, where the connection is lent, no reference is counted for that; and changing it,
    /// or a copy of all of it would be lent.
    @inline(__always)
    mutating func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        transport.receive(into: &bytes)
    }

    /// All bytes that are still to be sent.
    var unsentCount: Int { output.count &+ (waiting?.borrow { $0.byteCount } ?? 0) }
}

/// What a connection is waiting for or has behind it.
@usableFromInline
struct ConnectionState: OptionSet, Sendable {
    @usableFromInline
    let rawValue: UInt16

    @inlinable
    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// In the list of connections to settle when the turn ends.
    static let touched = ConnectionState(rawValue: 1)
    /// The handler asked not to be given bytes.
    static let paused = ConnectionState(rawValue: 2)
    /// The output passed the soft mark and has not drained.
    static let congested = ConnectionState(rawValue: 4)
    /// Bytes were refused at the hard cap; the handler is to be told, and until then nothing more is taken, so that what
    /// is sent has no gap.
    @inlinable
    static var overflowed: ConnectionState { ConnectionState(rawValue: 8) }
    /// To be closed once the output is sent.
    @inlinable
    static var closing: ConnectionState { ConnectionState(rawValue: 16) }
    /// To be cut at once.
    @inlinable
    static var aborted: ConnectionState { ConnectionState(rawValue: 32) }
    /// Everything was sent; only the peer's end of the stream is awaited, the handler has forgotten it.
    @inlinable
    static var lingering: ConnectionState { ConnectionState(rawValue: 64) }
    /// The peer sends no more.
    static let inputFinished = ConnectionState(rawValue: 128)
    /// The handler was told that it overflowed.
    static let overflowTold = ConnectionState(rawValue: 256)
    /// The handler has said its last word: what others deliver is refused.
    static let sealed = ConnectionState(rawValue: 512)
    /// Messages are kept apart when the peer is slow: its policy is not to refuse.
    @inlinable
    static var keepsMessages: ConnectionState { ConnectionState(rawValue: 1024) }
    /// One beyond the limit: it is answered and closed, and the handler knows nothing of it.
    static let refused = ConnectionState(rawValue: 2048)
    /// The handler has had its share of this turn: the rest of the bytes is given in the next one.
    static let yielded = ConnectionState(rawValue: 4096)
    /// The peer has closed both ways while it was not read, and all it had sent is in the backlog: the backend watches it
    /// no more, and it ends when the handler has taken that.
    static let hungUp = ConnectionState(rawValue: 8192)
    /// It overflowed because its peer took nothing for too long.
    static let stalled = ConnectionState(rawValue: 16384)
    /// The peer has not taken all of what was sent to it in earlier turns.
    @inlinable
    static var behind: ConnectionState { ConnectionState(rawValue: 32768) }

    /// States in which no bytes are given to the handler.
    @inlinable
    static var deaf: ConnectionState {
        ConnectionState(rawValue: closing.rawValue | aborted.rawValue | lingering.rawValue)
    }
    /// States in which what comes is not read for the handler.
    static let unheard: ConnectionState = [deaf, .paused]
    /// What a refused connection begins with.
    static let unwelcome: ConnectionState = [.refused, .closing, .sealed]
    /// States in which the handler has forgotten the connection, or never knew it.
    static let unknown: ConnectionState = [.lingering, .refused]
    /// States in which it takes more than the output's count to say whether a message is taken.
    @inlinable
    static var judged: ConnectionState {
        ConnectionState(
            rawValue: deaf.rawValue | keepsMessages.rawValue | overflowed.rawValue
                | behind.rawValue)
    }
}
