import RNodeBytes
import RNodeIO

/// Runs the registry's jobs on a loop, and holds those back that come while it is told to.
final class HoldingExecutor: SerialExecutor {
    private struct State {
        var isHolding = false
        var held: [UnownedJob] = []
    }

    private let loop: EventLoop
    private let state = Guarded(State())

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isHeld = state.withLock { state in
            if state.isHolding { state.held.append(job) }
            return state.isHolding
        }
        if !isHeld { run(job) }
    }

    private func run(_ job: UnownedJob) {
        // SAFETY: the job is given away once, and the test holds this executor until its app has ended.
        let isTaken = loop.post { _ in
            unsafe job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
        // A loop that has ended takes no more work; a job that never ran would keep all that waits for it.
        if !isTaken { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    /// How many jobs are held back.
    var heldCount: Int { state.withLock { $0.held.count } }

    /// Holds what comes from now on.
    func hold() {
        state.withLock { $0.isHolding = true }
    }

    /// Lets later jobs pass; those that are held stay so.
    func letPass() {
        state.withLock { $0.isHolding = false }
    }

    /// Runs what was held.
    func release() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for job in held { run(job) }
    }
}
