/// A moment on the monotonic clock, in nanoseconds since an arbitrary start.
///
/// Every protocol here is told the time (`now:`) and never reads a clock. Arithmetic saturates:
/// a far deadline is `.distantFuture`, never a trap.
public struct MonotonicInstant: Comparable, Hashable, Sendable {
    /// Nanoseconds since the clock's start.
    public var nanoseconds: Int64

    /// The moment `nanoseconds` after the clock's start.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A moment that never comes.
    @inlinable
    public static var distantFuture: MonotonicInstant { MonotonicInstant(nanoseconds: .max) }

    /// Whether `left` comes before `right`.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `duration` later, saturating.
    public func advanced(by duration: Duration) -> MonotonicInstant {
        advanced(byNanoseconds: duration.nanosecondsClamped)
    }

    /// The moment `nanoseconds` later, saturating.
    @inlinable
    public func advanced(byNanoseconds nanoseconds: Int64) -> MonotonicInstant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        guard overflow else { return MonotonicInstant(nanoseconds: sum) }
        return MonotonicInstant(nanoseconds: nanoseconds > 0 ? .max : .min)
    }

    /// Nanoseconds from this moment to `other`, saturating; negative when `other` is earlier.
    @inlinable
    public func nanoseconds(until other: MonotonicInstant) -> Int64 {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        guard overflow else { return difference }
        return other.nanoseconds > nanoseconds ? .max : .min
    }
}

extension Duration {
    /// The duration in whole nanoseconds, clamped to what an `Int64` holds (292 years).
    public var nanosecondsClamped: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds > 0 ? .max : .min) : sum
    }
}
