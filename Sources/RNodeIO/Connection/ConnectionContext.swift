/// A connection, for as long as one call to the handler lasts.
///
/// It can't be kept: it is not copyable, and lent as `inout`. Everything it does is done on the loop's thread.
@safe
public struct ConnectionContext: ~Copyable {
    // SAFETY: both point into memory that outlives the call this context is made for: a slot is
    // emptied only when the turn ends, the core with the loop. Used on the loop's thread only; each
    // access is over before the next begins.
    @usableFromInline
    let connection: UnsafeMutablePointer<Connection>
    @usableFromInline
    let core: UnsafeMutablePointer<LoopCore>

    /// The context of a connection that is settled when the turn ends.
    @inline(__always)
    init(
        _ connection: UnsafeMutablePointer<Connection>, core: UnsafeMutablePointer<LoopCore>
    ) {
        unsafe self.init(reading: connection, core: core)
        unsafe core.pointee.touch(&connection.pointee)
    }

    /// The context of a connection that bytes came on: who makes it sees to it that the connection is settled.
    @inline(__always)
    init(
        reading connection: UnsafeMutablePointer<Connection>,
        core: UnsafeMutablePointer<LoopCore>
    ) {
        unsafe self.connection = connection
        unsafe self.core = core
        if unsafe connection.pointee.output.capacity == 0 {
            unsafe core.pointee.pool.fill(&connection.pointee.output)
        }
    }

    /// A second context of the same connection, for no longer than this one.
    @inlinable
    package var alias: ConnectionContext {
        unsafe ConnectionContext(aliasing: connection, core: core)
    }

    @usableFromInline
    init(
        aliasing connection: UnsafeMutablePointer<Connection>, core: UnsafeMutablePointer<LoopCore>
    ) {
        unsafe self.connection = connection
        unsafe self.core = core
    }

    /// The connection's name, good also after this context.
    public var id: ConnectionID { unsafe connection.pointee.id }

    /// The moment this turn of the loop began.
    @inlinable
    public var now: MonotonicInstant { unsafe core.pointee.now }

    /// Milliseconds since 1970, at the moment this turn began.
    public var wallClockMilliseconds: Int64 { unsafe core.pointee.wallClockMilliseconds }

    /// What is to be sent when the handler returns from `received`, or when the turn ends. Append only.
    @inlinable
    public var output: ByteBuffer {
        _read { yield unsafe connection.pointee.output }
        _modify { yield unsafe &connection.pointee.output }
    }

    /// Has the output wait for the turn's end, to go in one send with what others deliver until then.
    public mutating func gather() {
        unsafe core.pointee.touch(&connection.pointee)
    }

    /// Whether so much is unsent that no more input should be taken before it drained.
    public var isCongested: Bool {
        unsafe connection.pointee.unsentCount > core.pointee.limits.outputSoftMarkBytes
    }

    /// Whether a handler that is in the middle of bytes goes on: it is not closing, and no more than the loop's soft mark is unsent,
    /// which the caller has at hand.
    @inlinable
    package func goesOn(below softMark: Int) -> Bool {
        if unsafe connection.pointee.isPlain && connection.pointee.output.count <= softMark {
            return true
        }
        return !isClosing && !isCongested
    }

    /// Whether `count` more bytes fit below the hard cap. What finds nothing unsent always fits.
    ///
    /// Sends what the transport takes first, when they don't. On a no the handler will be told `overflowed`.
    @inlinable
    public mutating func accepts(_ count: Int) -> Bool {
        hasRoom(for: count) || judges(count)
    }

    /// Whether `count` more bytes fit without a further look: the client takes what it is sent.
    @inlinable
    package func hasRoom(for count: Int) -> Bool {
        unsafe connection.pointee.isPlain
            && connection.pointee.output.count &+ count <= connection.pointee.outputHardCapBytes
    }

    @inline(never)
    @usableFromInline
    mutating func judges(_ count: Int) -> Bool {
        unsafe core.pointee.accepts(count, on: &connection.pointee)
    }

    /// The most unsent bytes this connection may have; at first the loop's `outputHardCapBytes`.
    public var outputHardCapBytes: Int {
        get { unsafe connection.pointee.outputHardCapBytes }
        nonmutating set { unsafe connection.pointee.outputHardCapBytes = newValue }
    }

    /// What becomes of messages that find the output full; at first they are refused.
    public var overflowPolicy: OverflowPolicy {
        get { unsafe connection.pointee.overflowPolicy }
        nonmutating set {
            unsafe connection.pointee.overflowPolicy = newValue
            if newValue == .refuse {
                unsafe connection.pointee.state.remove(.keepsMessages)
            } else {
                unsafe connection.pointee.state.insert(.keepsMessages)
            }
        }
    }

    /// Whether the peer has not taken all of what was sent to it in earlier turns.
    public var isBehind: Bool {
        unsafe connection.pointee.state.contains(.behind)
    }

    /// Whether the handler is told `overflowed` because the peer took nothing for ``IOLimits/outputStallTimeout``, and not
    /// because the output is full.
    public var isStalled: Bool { unsafe connection.pointee.state.contains(.stalled) }

    /// Whether a message that ``accepts(_:)`` said no to can wait, by ``enqueue(_:key:isDroppable:)``.
    public var keepsApart: Bool { unsafe core.pointee.keepsApart(connection.pointee) }

    /// Has a whole message wait for a slow receiver; false when it was dropped, or refused.
    ///
    /// Use it when ``accepts(_:)`` said no and ``keepsApart`` says yes. With a `key` it replaces the message that
    /// waits under the same key, and takes its place. A message that is not droppable makes room for itself.
    public mutating func enqueue(
        _ message: Span<UInt8>, key: String? = nil, isDroppable: Bool = true
    ) -> Bool {
        unsafe core.pointee.enqueue(
            message, key: key, isDroppable: isDroppable, on: &connection.pointee)
    }

    /// Puts off an answer of which only the newest counts, while the peer ``isBehind``.
    ///
    /// It is sent as soon as the peer takes some of what it was sent; until then a newer one replaces it.
    public mutating func putOff(_ answer: Span<UInt8>) {
        unsafe core.pointee.putOff(answer, on: &connection.pointee)
    }

    /// Puts all that waits into ``output``: what is appended next is sent after it.
    public mutating func releaseWaiting() {
        unsafe core.pointee.releaseWaiting(of: &connection.pointee)
    }

    /// Drops all that waits and has not begun to be sent.
    public mutating func dropWaiting() {
        unsafe connection.pointee.waiting = nil
    }

    /// When the handler is to be told `timedOut`; `.distantFuture` for never.
    public var deadline: MonotonicInstant {
        get { unsafe connection.pointee.deadline }
        nonmutating set {
            unsafe core.pointee.setDeadline(newValue, of: &connection.pointee)
        }
    }

    /// Stops giving the handler bytes. What it has not taken is kept.
    public mutating func pauseReading() {
        unsafe connection.pointee.state.insert(.paused)
    }

    /// Goes on giving the handler bytes, those it has not taken first.
    public mutating func resumeReading() {
        unsafe connection.pointee.state.remove(.paused)
    }

    /// Has the rest of the bytes given in the loop's next turn, after those of other connections: for a handler that
    /// has done its share for this one (``IOLimits/messagesPerTurnMax``).
    public mutating func yieldReading() {
        guard unsafe !connection.pointee.state.contains(.yielded) else { return }
        unsafe connection.pointee.state.insert(.yielded)
        unsafe core.pointee.yielded.append(id)
    }

    /// Has the rest of the backlog given again in this turn.
    mutating func giveAgain() {
        unsafe connection.pointee.state.remove(.touched)
        unsafe core.pointee.touch(&connection.pointee)
    }

    /// Refuses what ``EventLoop/deliver(_:to:)`` brings from now on: the handler has said its last word.
    public mutating func endDeliveries() {
        unsafe connection.pointee.state.insert(.sealed)
    }

    /// Whether this side has asked for the end of the connection.
    @inlinable
    public var isClosing: Bool {
        unsafe !connection.pointee.state.isDisjoint(with: .deaf)
    }

    /// Ends the connection when the output is sent. Nothing more is read.
    public mutating func close() {
        unsafe connection.pointee.state.insert(.closing)
    }

    /// Cuts the connection when the turn ends; what is unsent is lost.
    public mutating func abort() {
        unsafe connection.pointee.state.insert(.aborted)
    }
}
