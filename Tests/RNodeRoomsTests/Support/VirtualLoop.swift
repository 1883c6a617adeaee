@testable import RNodeRooms

/// A serial executor that a test turns by hand, in an order that a seed decides.
///
/// Whatever is pinned to it runs one job at a time; which of the waiting jobs is next is random,
/// so that one seed is one interleaving at every suspension.
final class VirtualLoop: SerialExecutor {
    private let jobs = Guarded<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs until nothing waits, and says how many jobs that took.
    @discardableResult
    func run(_ random: inout SeededGenerator) -> Int {
        var count = 0
        while let job = next(&random) {
            unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            count += 1
        }
        return count
    }

    private func next(_ random: inout SeededGenerator) -> UnownedJob? {
        let choice = random.next()
        return jobs.withLock { jobs -> UnownedJob? in
            guard !jobs.isEmpty else { return nil }
            return jobs.remove(at: Int(choice % UInt64(jobs.count)))
        }
    }
}
