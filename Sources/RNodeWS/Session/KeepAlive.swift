/// Pings an idle connection and notices a dead one (RFC 6455 §5.5.2).
///
/// A value that is told the time. Anything that arrives is a sign of life, not only a pong.
public struct KeepAlive: Hashable, Sendable, BitwiseCopyable {
    /// What to do now.
    public enum Action: Hashable, Sendable {
        /// Nothing before `deadline`.
        case nothing
        /// Send a ping, and say so with `pingSent`.
        case sendPing
        /// Nothing came after the ping: the peer is gone.
        case timedOut
    }

    @usableFromInline
    var lastReceived: Int64
    /// `.min` before the first ping. The peer is waited for while this is after `lastReceived`.
    private var lastPing = Int64.min
    /// 0 sends no pings.
    private let intervalMilliseconds: UInt32
    private let timeoutMilliseconds: UInt32

    /// Begins at `now`. `jitter` is a random byte that spreads the interval evenly over
    /// ±`pingJitterPercentMax`; 128 leaves it as it is.
    public init(limits: WebSocketLimits, now: MonotonicInstant, jitter: UInt8 = 128) {
        lastReceived = now.nanoseconds
        timeoutMilliseconds = limits.pongTimeout.millisecondsClamped
        let interval = limits.pingInterval.map { Int64($0.millisecondsClamped) } ?? 0
        let percent = Int64(min(max(limits.pingJitterPercentMax, 0), 50))
        let spread = interval &* percent &* (Int64(jitter) &- 128) / 12_800
        intervalMilliseconds = UInt32(clamping: interval &+ spread)
    }

    /// Bytes arrived.
    @inlinable
    @inline(always)
    public mutating func received(at now: MonotonicInstant) {
        lastReceived = now.nanoseconds
    }

    /// A ping was sent, due or not.
    public mutating func pingSent(at now: MonotonicInstant) {
        lastPing = now.nanoseconds
    }

    /// When the last ping was sent; nil before the first.
    public var lastPingSentAt: MonotonicInstant? {
        lastPing == .min ? nil : MonotonicInstant(nanoseconds: lastPing)
    }

    /// Whether a ping is out and nothing has come since.
    public var isWaiting: Bool { lastPing > lastReceived }

    /// When to ask for `action` again; `.distantFuture` when pings are off and none is out.
    public var deadline: MonotonicInstant {
        if isWaiting { return Self.later(lastPing, by: timeoutMilliseconds) }
        guard intervalMilliseconds > 0 else { return .distantFuture }
        return Self.later(lastReceived, by: intervalMilliseconds)
    }

    /// What is due at `now`.
    public func action(at now: MonotonicInstant) -> Action {
        guard now >= deadline, deadline != .distantFuture else { return .nothing }
        return isWaiting ? .timedOut : .sendPing
    }

    private static func later(_ start: Int64, by milliseconds: UInt32) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: start)
            .advanced(byNanoseconds: Int64(milliseconds) &* 1_000_000)
    }
}

extension Duration {
    /// Whole milliseconds, 1…2³²−1: 49 days.
    var millisecondsClamped: UInt32 {
        UInt32(clamping: max(1, nanosecondsClamped / 1_000_000))
    }
}
