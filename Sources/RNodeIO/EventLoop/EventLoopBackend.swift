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
    /// Makes the backend's current or next `wait` return at once. May be called at any time from any thread.
    func wake()
}

/// The seam between an event loop and whatever tells it that something is ready: wait until something
/// is ready or due; say what, and what time it is; be woken.
///
/// Readiness is level-triggered: what is ready and not yet served is reported again by the next
/// `wait`. All but ``waker`` is called by the loop's thread only. ``Epoll`` and ``Poll`` are the ones
/// for production; the scripted backend of `RNodeTesting` runs the same loop with no kernel.
public protocol EventLoopBackend: AnyObject {
    /// Starts watching `descriptor`; its events bear `token`.
    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError)

    /// Changes what is wanted of a watched descriptor; an empty interest keeps it watched for failure only.
    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError)

    /// Stops watching a descriptor, before it is closed. No event of it is reported by a later `wait`.
    func remove(_ descriptor: Int32)

    /// Waits until something is ready, the deadline has come, or the waker was used.
    ///
    /// Replaces the content of `events` (keeping its capacity; at most 1,024 a call) and returns the
    /// moment of return. A deadline in the past polls; nil waits for events alone.
    func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant

    /// The present moment on the clock that `wait` reports.
    var now: MonotonicInstant { get }

    /// Milliseconds since 1970-01-01T00:00:00Z, for timestamps only.
    var wallClockMilliseconds: Int64 { get }

    /// Wakes this backend from any thread.
    var waker: any BackendWaker { get }
}
