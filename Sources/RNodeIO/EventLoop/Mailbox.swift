import Synchronization

/// What other threads have for a loop: jobs of its executor, and work to be run on its thread.
///
/// One of the two types of this project that own a lock. The loop takes everything at once; the backend
/// is woken once per batch. Droppable items are refused above the limit, control items and jobs never.
final class Mailbox: Sendable {
    /// Work to be run on the loop's thread.
    typealias Work = @Sendable (EventLoop) -> Void

    struct Items {
        var jobs: [UnownedJob] = []
        var work: [Work] = []
        var droppableCount = 0

        var isEmpty: Bool { jobs.isEmpty && work.isEmpty }
    }

    private let items = Mutex(Items())
    private let hasItems = Atomic(false)
    private let waker: any BackendWaker
    private let droppableMax: Int

    init(waker: any BackendWaker, droppableMax: Int) {
        self.waker = waker
        self.droppableMax = droppableMax
    }

    /// Whether nothing waits; exact for what happened before on this thread.
    var isEmpty: Bool { !hasItems.load(ordering: .acquiring) }

    func post(_ job: UnownedJob) {
        let isFirst = items.withLock { items in
            defer { items.jobs.append(job) }
            return items.isEmpty
        }
        if isFirst { wake() }
    }

    /// Leaves work; false when it is droppable and too much waits already.
    func post(droppable: Bool, _ work: @escaping Work) -> Bool {
        enum Outcome { case refused, first, further }
        let outcome: Outcome = items.withLock { items in
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

    private func wake() {
        hasItems.store(true, ordering: .releasing)
        waker.wake()
    }

    /// Takes everything that waits.
    func takeAll() -> Items {
        guard hasItems.exchange(false, ordering: .acquiringAndReleasing) else { return Items() }
        return items.withLock { items in
            defer { items = Items() }
            return items
        }
    }
}
