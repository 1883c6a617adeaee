internal import Synchronization

/// What other threads have for a loop: jobs of its executor, and work to be run on its thread.
///
/// One of the few types that own a lock (Docs/ARCHITECTURE.md names them). The loop takes everything at once; the backend
/// is woken once per batch. Droppable items are refused above the limit, control items and jobs never.
final class Mailbox: Sendable {
    /// Work to be run on the loop's thread.
    typealias Work = @Sendable (EventLoop) -> Void

    struct Items {
        var jobs: [UnownedJob] = []
        var work: [Work] = []
        var droppableCount = 0
        /// The loop has ended: there are no more turns that take anything.
        var isClosed = false
        /// A thread takes the jobs of an ended loop.
        var isDraining = false

        var isEmpty: Bool { jobs.isEmpty && work.isEmpty }
    }

    private let items = Guarded(Items())
    private let hasItems = Atomic(false)
    /// Threads that leave a job just now. A job may have run, and the loop's last owner let go of it, before its waker
    /// has returned: then the loop's end waits for these.
    private let posting = Atomic(0)
    private let waker: any BackendWaker
    private let droppableMax: Int

    init(waker: any BackendWaker, droppableMax: Int) {
        self.waker = waker
        self.droppableMax = droppableMax
    }

    /// Whether nothing waits; exact for what happened before on this thread.
    var isEmpty: Bool { !hasItems.load(ordering: .acquiring) }

    /// Leaves a job. False when the loop has ended and nobody takes its jobs: then the caller sees to it.
    func post(_ job: UnownedJob) -> Bool {
        posting.wrappingAdd(1, ordering: .relaxed)
        defer { posting.wrappingSubtract(1, ordering: .releasing) }
        let outcome: Outcome = items.withLock { items in
            defer { items.jobs.append(job) }
            guard !items.isClosed else {
                defer { items.isDraining = true }
                return items.isDraining ? .further : .refused
            }
            return items.isEmpty ? .first : .further
        }
        if outcome == .first { wake() }
        return outcome != .refused
    }

    private enum Outcome { case refused, first, further }

    /// Leaves work; false when the loop has ended, or when the work is droppable and too much waits already.
    func post(droppable: Bool, _ work: @escaping Work) -> Bool {
        let outcome: Outcome = items.withLock { items in
            guard !items.isClosed else { return .refused }
            if droppable {
                guard items.droppableCount < droppableMax else { return .refused }
                items.droppableCount += 1
            }
            defer { items.work.append(work) }
            return items.isEmpty ? .first : .further
        }
        if outcome == .first { wake() }
        return outcome != .refused
    }

    /// Returns when no thread is inside ``post(_:)``. By whoever frees the loop, which nobody can post to any more.
    func waitForPosting() {
        while posting.load(ordering: .acquiring) > 0 { LoopThread.yield() }
    }

    private func wake() {
        hasItems.store(true, ordering: .releasing)
        waker.wake()
    }

    /// Takes everything that waits.
    func takeAll() -> Items {
        guard hasItems.exchange(false, ordering: .acquiringAndReleasing) else { return Items() }
        return items.withLock { items in
            defer {
                items.jobs = []
                items.work = []
                items.droppableCount = 0
            }
            return items
        }
    }

    /// Refuses work from now on. Jobs are still taken, for ``takeLate()``; the calling thread takes them first.
    func close() {
        items.withLock { items in
            items.isClosed = true
            items.isDraining = true
        }
    }

    /// Whether something came for a loop that has ended; when not, whoever brings the next job begins to drain again.
    func hasLate() -> Bool {
        items.withLock { items in
            if items.isEmpty { items.isDraining = false }
            return items.isDraining
        }
    }

    /// Takes what came for a loop that has ended.
    func takeLate() -> Items {
        items.withLock { items in
            defer {
                items.jobs = []
                items.work = []
            }
            return items
        }
    }
}
