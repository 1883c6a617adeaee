internal import Synchronization

/// How many connections the loops of a process may have open together, and how many they have.
///
/// One is shared by all loops of an ``EventLoopGroup``. What comes beyond it is answered by
/// ``LoopHandler/refusal(on:)`` and closed. From any thread.
public final class ConnectionBudget: Sendable {
    /// The most connections open at once.
    public let limit: Int
    private let open = Atomic(0)
    private let noticeDue = Atomic(Int64.min)
    private let untold = Atomic(0)

    /// A budget of `limit` connections; nil is 90 % of the descriptors that the system gives this process
    /// (`RLIMIT_NOFILE`), as they are now.
    public init(limit: Int? = nil) {
        self.limit = max(limit ?? SystemCalls.descriptorsMax() / 10 * 9, 1)
    }

    /// How many connections are open.
    public var openCount: Int { open.load(ordering: .relaxed) }

    /// Whether one more connection would be refused.
    public var isSpent: Bool { openCount >= limit }

    /// Counts one more connection; false, and nothing done, beyond the limit.
    func enter() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= limit { return true }
        open.subtract(1, ordering: .relaxed)
        return false
    }

    /// A connection that was counted is gone.
    func leave() {
        open.subtract(1, ordering: .relaxed)
    }

    /// Whether a failed accept is to be told now, at most once a second over all loops: how many were not told before
    /// it; nil when it is not to be told.
    func takeNotice(at now: MonotonicInstant) -> Int? {
        let due = noticeDue.load(ordering: .relaxed)
        let next = now.advanced(by: .seconds(1)).nanoseconds
        guard now.nanoseconds >= due,
            noticeDue.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
        else {
            untold.add(1, ordering: .relaxed)
            return nil
        }
        return untold.exchange(0, ordering: .relaxed)
    }
}
