/// What a loop does with its connections: one object per loop, called on the loop's thread only.
///
/// A call is given a ``ConnectionContext`` for as long as it runs. What is written to the context's output is sent in one
/// call of the transport: at once when `received` returns and nothing else is left to do for the connection, or else
/// when the turn ends, with all that others gave the connection until then.
public protocol LoopHandler: AnyObject {
    /// A connection was accepted. Nothing has been read yet.
    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress)

    /// Bytes arrived; they may be changed in place. Returns how many of the first ones were taken.
    ///
    /// What is not taken is kept and given again, before newer bytes, once ``ConnectionContext/resumeReading()``
    /// is called or the output has drained; until then the connection is not read. Take all bytes unless the
    /// connection has to wait for something. Of one that is closing the rest is dropped.
    ///
    /// The connection is not closing. Its output may be above the soft mark already, as ``ConnectionContext/isCongested`` says.
    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int

    /// The peer will send no more, and the handler was given all that it sent. Bytes can still be sent to it, unless it has
    /// closed both ways: then `closed` follows at once.
    func finished(_ connection: inout ConnectionContext)

    /// The output that had passed the soft mark is below half of it again.
    func drained(_ connection: inout ConnectionContext)

    /// Bytes were refused because the output is at its hard cap, or the peer took nothing of it for
    /// ``IOLimits/outputStallTimeout``. Close the connection: it is cut when this happens again.
    func overflowed(_ connection: inout ConnectionContext)

    /// So many messages were dropped, as the connection's ``OverflowPolicy`` says, since this was last told. Once a
    /// turn at most; does nothing unless implemented.
    func dropped(_ count: Int, on connection: inout ConnectionContext)

    /// The connection's ``ConnectionContext/deadline`` has come. Set a new one, or close.
    func timedOut(_ connection: inout ConnectionContext)

    /// The connection is gone: called once for each accepted one, the last call for it.
    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop)

    /// Accepting failed because of the system; `untold` more failures came since this was last told. At most once a
    /// second over all loops with one ``ConnectionBudget``: for a log. Does nothing unless implemented.
    func acceptFailed(_ error: IOError, untold: Int, on loop: EventLoop)

    /// The bytes that a connection beyond the limit is answered with before it is closed; none unless implemented.
    func refusal(on loop: EventLoop) -> [UInt8]

    /// All events of the turn are served; publications go out now, before the sends.
    ///
    /// Called again, at the turn's very end, for what came of backlogs and of connections that ended.
    func turnEnded(on loop: EventLoop)

    /// The turn is over and everything is sent; it took so long. Not called unless implemented.
    func turnServed(inNanoseconds nanoseconds: Int64, on loop: EventLoop)

    /// The loop has ended, with all its connections: the last call of all. Does nothing unless implemented.
    func ended(on loop: EventLoop)
}

extension LoopHandler {
    /// Does nothing.
    public func turnServed(inNanoseconds nanoseconds: Int64, on loop: EventLoop) {}

    /// Does nothing.
    public func ended(on loop: EventLoop) {}
}

extension LoopHandler {
    /// Does nothing.
    public func dropped(_ count: Int, on connection: inout ConnectionContext) {}

    /// Does nothing.
    public func acceptFailed(_ error: IOError, untold: Int, on loop: EventLoop) {}

    /// Nothing: the connection is closed without an answer.
    public func refusal(on loop: EventLoop) -> [UInt8] { [] }
}

/// Why a connection is gone.
public enum DisconnectReason: Sendable, Equatable {
    /// This side closed it after sending everything.
    case closedHere
    /// This side cut it without sending what was left.
    case aborted
    /// The stream broke.
    case failed(IOError)
    /// The loop stopped.
    case loopStopped
}
