/// What a descriptor is ready for, or what is wanted of it.
public struct Readiness: OptionSet, Sendable {
    /// One bit for each kind of readiness.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Bytes, a connection, or the end of the stream can be read.
    public static let readable = Readiness(rawValue: 1)
    /// Bytes can be written.
    public static let writable = Readiness(rawValue: 2)
    /// The descriptor failed, or both directions are closed; reported even when not asked for.
    public static let failed = Readiness(rawValue: 4)
}

/// One thing a backend saw: the token of a descriptor, and what it is ready for.
public struct BackendEvent: Sendable, Equatable {
    /// The token the descriptor was added with.
    public var token: UInt64
    /// What it is ready for.
    public var readiness: Readiness

    /// An event for the descriptor added with `token`.
    public init(token: UInt64, readiness: Readiness) {
        self.token = token
        self.readiness = readiness
    }
}

/// Wakes a backend that waits, from any thread.
public protocol BackendWaker: Sendable {
    /// Makes the backend's current or next `wait` return at once. May be called at any time from any
    /// thread, also when the backend is gone. What the caller wrote before is seen after that `wait`.
    func wake()
}

/// The seam between an event loop and whatever tells it that something is ready: wait until something
/// is ready or due; say what, and what time it is; be woken.
///
/// Readiness is level-triggered: what is ready and not yet served is reported again by the next
/// `wait`. All but ``waker`` is called by the loop's thread only. ``Epoll``, ``IOUring`` and ``Poll``
/// are the ones for production; the scripted backend of `RNodeTesting` runs the same loop with no kernel. One of your
/// own is held against `BackendConformance` there.
public protocol EventLoopBackend: AnyObject {
    /// Starts watching `descriptor`; its events bear `token`, which is any number but `UInt64.max`.
    ///
    /// - Throws: `IOError` when it is watched already, is not open, or the system has no memory for it.
    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError)

    /// Changes what is wanted of a watched descriptor, and its token; an empty interest keeps it watched
    /// for failure only.
    ///
    /// - Throws: `IOError` when it is not watched.
    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError)

    /// Stops watching a descriptor, before it is closed. No event of it is reported by a later `wait`;
    /// one that is not watched is left alone.
    ///
    /// Events of it that the last `wait` reported may still lie before the loop: their tokens must name
    /// nothing by then.
    func remove(_ descriptor: Int32)

    /// Waits until something is ready, the deadline has come, or the waker was used.
    ///
    /// Replaces the content of `events` (keeping its capacity; at most 1,024 a call) and returns the
    /// moment of return. A deadline in the past polls; nil waits for events alone. A wait may also end
    /// early without events, when a signal interrupts it. One descriptor is one event, with all it is
    /// ready for: bytes and a failure may come together, and the bytes can still be read. Where more are
    /// ready than fit, later waits report the others first.
    func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant

    /// The present moment on the clock that `wait` reports.
    var now: MonotonicInstant { get }

    /// Milliseconds since 1970-01-01T00:00:00Z, for timestamps only.
    var wallClockMilliseconds: Int64 { get }

    /// Wakes this backend from any thread.
    var waker: any BackendWaker { get }

    /// What the loop uses in place of a stream that it has just got: one that this backend receives and sends for. The
    /// stream itself unless implemented. Called once for each, before it is added; the stream's owner is what is returned.
    func adopt(_ transport: any Transport) -> any Transport

    /// The same for a listener.
    func adopt(_ listener: any Listener) -> any Listener

    /// The loop has ended: nothing is watched any more, and no `wait` follows.
    func end()
}

extension EventLoopBackend {
    /// The stream itself: it makes its own calls.
    public func adopt(_ transport: any Transport) -> any Transport { transport }

    /// The listener itself.
    public func adopt(_ listener: any Listener) -> any Listener { listener }

    /// Nothing.
    public func end() {}
}
