internal import Synchronization

/// Lets so many lines of one kind through in a second, from any loop, and counts the others.
struct LogGate: ~Copyable, Sendable {
    private let window = Atomic(Int64.min)
    private let lines = Atomic(0)
    private let suppressed = Atomic(0)

    /// How many lines were left out since the last one, when one may be written now; else nil.
    borrowing func admit(at now: MonotonicInstant, linesMax: Int) -> Int? {
        let begun = window.load(ordering: .relaxed)
        // The first line of a second opens its window; a loop that loses the race for it counts as the next.
        if begun == .min
            || MonotonicInstant(nanoseconds: begun).nanoseconds(until: now) >= 1_000_000_000,
            window.compareExchange(
                expected: begun, desired: now.nanoseconds, ordering: .relaxed
            ).exchanged
        {
            lines.store(0, ordering: .relaxed)
        }
        guard lines.add(1, ordering: .relaxed).newValue <= linesMax else {
            suppressed.add(1, ordering: .relaxed)
            return nil
        }
        return suppressed.exchange(0, ordering: .relaxed)
    }
}
