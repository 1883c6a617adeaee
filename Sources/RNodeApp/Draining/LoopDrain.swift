/// A loop's part of a drain: whose close is due when, and who is told of the end.
///
/// | stage of the app | what a loop does | goes on when |
/// |---|---|---|
/// | serving | all of it | the drain is asked for |
/// | announced | all of it; `/readyz` says 503 | `preStopDelay` is over: listeners close |
/// | closing | idle HTTP closes, busy HTTP after its answer, WebSocket with 1001 at its due time | nothing lives, or the time is up |
/// | closed | – | – |
struct LoopDrain {
    /// Those still to be closed, the next one last.
    private var waiting: [ConnectionID]
    private let count: Int
    private let began: MonotonicInstant
    private let windowNanoseconds: Int64
    /// When the next one is due.
    private(set) var nextDue: MonotonicInstant
    /// Told once how many connections the time was up for.
    let report: @Sendable (Int) -> Void

    /// Spreads the closes of `connections`, in their order from the last, evenly over `window`.
    init(
        closing connections: [ConnectionID], over window: Duration, now: MonotonicInstant,
        report: @escaping @Sendable (Int) -> Void
    ) {
        waiting = connections
        count = connections.count
        began = now
        nextDue = now
        windowNanoseconds = max(window.nanosecondsClamped, 0)
        self.report = report
    }

    /// Whether somebody is still to be closed.
    var isWaiting: Bool { !waiting.isEmpty }

    /// The next one that is due; `jitter` places the one after it anywhere within its own share of the window.
    mutating func next(at now: MonotonicInstant, jitter: UInt64) -> ConnectionID? {
        guard nextDue <= now, let connection = waiting.popLast() else { return nil }
        let share = windowNanoseconds / Int64(max(count, 1))
        let offset = share > 0 ? Int64(jitter % UInt64(share)) : 0
        let shares = share &* Int64(count &- waiting.count)
        nextDue = began.advanced(byNanoseconds: shares).advanced(byNanoseconds: offset)
        return connection
    }
}
