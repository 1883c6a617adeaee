internal import Synchronization

/// What a loop counts of itself: raised by its thread only, read from any, without a lock.
public final class LoopTally: Sendable {
    private let acceptErrorCounts = InlineArray<10, Atomic<Int>> { _ in Atomic(0) }
    private let refused = Atomic(0)
    private let stale = Atomic(0)
    private let unserved = Atomic(0)
    private let lagCounts = InlineArray<11, Atomic<Int>> { _ in Atomic(0) }
    private let lagNanoseconds = Atomic<Int64>(0)

    init() {}

    // MARK: - Reading

    /// Failed accepts by their cause.
    public var acceptErrors: [(cause: AcceptErrorCause, count: Int)] {
        AcceptErrorCause.allCases.map {
            ($0, acceptErrorCounts[$0.rawValue].load(ordering: .relaxed))
        }
    }

    /// Connections beyond the limit that were answered and closed, or closed at once.
    public var refusedConnections: Int { refused.load(ordering: .relaxed) }

    /// Events of backends for connections that were gone already: late ones, which find nobody.
    public var staleEvents: Int { stale.load(ordering: .relaxed) }

    /// Connections with bytes, or an end, that the handler wants and that nothing would bring to it after the turn: none, unless a
    /// handler leaves bytes without pausing, yielding or closing.
    public var unservedConnections: Int { unserved.load(ordering: .relaxed) }

    /// The upper bounds of ``turns``, in seconds; a last bucket without a bound follows.
    public static let turnBounds: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
    ]

    /// How many turns took how long, by ``turnBounds``: the lag of whatever became ready meanwhile.
    public var turns: [Int] { lagCounts.indices.map { lagCounts[$0].load(ordering: .relaxed) } }

    /// The seconds that all turns took together.
    public var turnSeconds: Double {
        Double(lagNanoseconds.load(ordering: .relaxed)) / 1_000_000_000
    }

    // MARK: - Counting

    func acceptFailed(_ error: IOError) {
        raise(acceptErrorCounts[AcceptErrorCause(error).rawValue])
    }

    func refusedOne() { raise(refused) }

    func foundStaleEvent() { raise(stale) }

    func leftUnserved() { raise(unserved) }

    func turnTook(_ nanoseconds: Int64) {
        raise(lagCounts[Self.bucket(of: nanoseconds)])
        let sum = lagNanoseconds.load(ordering: .relaxed) &+ max(nanoseconds, 0)
        lagNanoseconds.store(sum, ordering: .relaxed)
    }

    /// Nearly every turn is in the first.
    private static func bucket(of nanoseconds: Int64) -> Int {
        if nanoseconds <= 1_000_000 { return 0 }
        let seconds = Double(nanoseconds) / 1_000_000_000
        return turnBounds.firstIndex { seconds <= $0 } ?? turnBounds.count
    }

    /// With one writer, a load and a store are enough.
    private func raise(_ count: borrowing Atomic<Int>) {
        count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }
}
