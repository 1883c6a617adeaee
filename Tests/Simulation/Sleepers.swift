import RNodeBytes

// @unchecked: a run, its loops and its tasks take place on one thread.
/// Handlers that take their time: suspended until the virtual clock has come far enough.
final class Sleepers: @unchecked Sendable {
    private struct Sleeper {
        let deadline: MonotonicInstant
        let continuation: CheckedContinuation<Void, Never>
    }

    private var sleepers: [Sleeper] = []

    var isEmpty: Bool { sleepers.isEmpty }
    var next: MonotonicInstant? { sleepers.map(\.deadline).min() }

    func sleep(until deadline: MonotonicInstant) async {
        await withCheckedContinuation {
            sleepers.append(Sleeper(deadline: deadline, continuation: $0))
        }
    }

    /// Wakes who has slept enough; returns how many.
    func wake(at now: MonotonicInstant) -> Int {
        let due = sleepers.filter { $0.deadline <= now }
        sleepers.removeAll { $0.deadline <= now }
        for sleeper in due { sleeper.continuation.resume() }
        return due.count
    }
}
