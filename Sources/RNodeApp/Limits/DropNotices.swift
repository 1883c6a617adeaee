/// When an application is told that messages to a client were dropped: at most once a second, with how many since.
struct DropNotices {
    private var untold = 0
    private var lastTold = MonotonicInstant(nanoseconds: .min)

    /// Counts dropped messages; returns how many are to be told now, nil for not yet.
    mutating func add(_ count: Int, now: MonotonicInstant, isHeldBack: Bool) -> Int? {
        untold &+= count
        guard !isHeldBack, lastTold.nanoseconds(until: now) >= 1_000_000_000 else { return nil }
        defer { untold = 0 }
        lastTold = now
        return untold
    }
}
