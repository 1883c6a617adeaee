/// Instants as counts of whole milliseconds, from the earliest instant there is.
///
/// An instant that a clock has reached is rounded down and one that is waited for is rounded up, so
/// nothing is due before its time. All of it saturates.
enum TimerTick {
    static let nanoseconds: Int64 = 1_000_000
    /// How many ticks lie before the instant zero, so that a tick is never negative.
    private static let ticksBeforeZero: Int64 = 9_223_372_036_855

    /// The tick a clock that shows `now` has reached.
    static func reached(at now: MonotonicInstant) -> UInt64 {
        let (quotient, rest) = now.nanoseconds.quotientAndRemainder(dividingBy: nanoseconds)
        return unsigned(rest < 0 ? quotient &- 1 : quotient)
    }

    /// The tick at which a deadline is over. That of `.distantFuture` is never reached.
    static func due(at deadline: MonotonicInstant) -> UInt64 {
        let (quotient, rest) = deadline.nanoseconds.quotientAndRemainder(dividingBy: nanoseconds)
        return unsigned(rest > 0 ? quotient &+ 1 : quotient)
    }

    /// The first instant of a tick.
    static func instant(of tick: UInt64) -> MonotonicInstant {
        let count = Int64(truncatingIfNeeded: tick) &- ticksBeforeZero
        let (product, overflow) = count.multipliedReportingOverflow(by: nanoseconds)
        return MonotonicInstant(nanoseconds: overflow ? (count < 0 ? .min : .max) : product)
    }

    private static func unsigned(_ ticks: Int64) -> UInt64 {
        // |ticks| <= 2^63 / 10^6 + 1, so the sum is between 0 and 2^45.
        UInt64(truncatingIfNeeded: ticks &+ ticksBeforeZero)
    }
}
