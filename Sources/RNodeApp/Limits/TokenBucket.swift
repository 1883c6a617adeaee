/// How often something may happen: so often a second, and so often at once after a pause.
struct Rate: Sendable {
    /// What one costs, in nanoseconds of the bucket's time.
    private let nanosecondsEach: Int64
    private let burst: Int64

    /// A rate of so many a second, with a burst.
    init(perSecond: Int, burst: Int) {
        nanosecondsEach = max(1_000_000_000 / Int64(clamping: max(perSecond, 1)), 1)
        self.burst = max(Int64(clamping: burst), 1)
    }

    /// The time that a full bucket holds.
    fileprivate var capacity: Int64 {
        let (product, isTooBig) = nanosecondsEach.multipliedReportingOverflow(by: burst)
        return isTooBig ? .max : product
    }

    fileprivate var cost: Int64 { nanosecondsEach }
}

/// A bucket that fills at a ``Rate`` and is taken from: one number, the moment when it is full again.
struct TokenBucket {
    private var fullAt = MonotonicInstant(nanoseconds: .min)

    /// Takes one; false, and nothing taken, when the bucket is empty.
    mutating func take(at now: MonotonicInstant, _ rate: Rate) -> Bool {
        let next = max(fullAt, now).advanced(byNanoseconds: rate.cost)
        guard now.nanoseconds(until: next) <= rate.capacity else { return false }
        fullAt = next
        return true
    }
}

/// The data messages of a connection, held against its route's rate.
struct MessageMeter {
    /// What becomes of a message.
    enum Verdict {
        case admitted
        /// It is over the rate, and goes no further.
        case blocked
        /// So was every second for so long that the connection is to end.
        case exceeded
    }

    private var bucket = TokenBucket()
    private var firstBlockedAt = MonotonicInstant(nanoseconds: .min)
    private var lastBlockedAt = MonotonicInstant(nanoseconds: .min)

    /// Judges a message. A second without a blocked one is a pause.
    mutating func judge(
        at now: MonotonicInstant, _ rate: Rate, breachTimeout: Duration
    ) -> Verdict {
        guard !bucket.take(at: now, rate) else { return .admitted }
        if lastBlockedAt.nanoseconds(until: now) >= 1_000_000_000 { firstBlockedAt = now }
        lastBlockedAt = now
        return now >= firstBlockedAt.advanced(by: breachTimeout) ? .exceeded : .blocked
    }
}
