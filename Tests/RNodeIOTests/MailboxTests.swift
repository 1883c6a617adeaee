import RNodeIO
import RNodeTesting
import Synchronization
import Testing

#if canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("A loop's mailbox")
struct MailboxTests {
    // Found by the fuzz target `server`: an executor is not kept alive by who enqueues a job on it.
    @Test("C7 a loop that is let go waits for the thread that still wakes it")
    func outlivesItsPosters() async throws {
        var thread: TestThread?
        let hasEnded = await withCheckedContinuation { continuation in
            let started = TestThread { continuation.resume(returning: Self.letGoEarly()) }
            started.start()
            thread = started
        }
        thread?.join()
        #expect(hasEnded == true)
    }

    @Test(
        "Droppable items wait up to the limit, further ones are refused; others always wait",
        arguments: [7, 8, 9, 80])
    func droppableItems(count: Int) throws {
        let host = try TestHost { $0.mailboxItemsMax = 8 }
        let loop = host.loops[0]
        let ran = Atomic(0)
        let taken = (0..<count).count { _ in
            loop.postDroppable { _ in ran.add(1, ordering: .relaxed) }
        }
        #expect(taken == min(count, 8))
        for _ in 0..<80 { #expect(loop.post { _ in ran.add(1, ordering: .relaxed) }) }
        host.turn()
        #expect(ran.load(ordering: .relaxed) == min(count, 8) + 80)
        // What was taken makes room.
        #expect(loop.postDroppable { _ in })
    }

    @Test("However much comes before a loop takes it, the loop is woken once")
    func wakesOncePerBatch() throws {
        let waker = CountingWaker()
        let loop = try EventLoop(backend: SleepyBackend(waker))
        let before = waker.count.load(ordering: .relaxed)
        var ran = 0
        for batch in 1...3 {
            let log = Atomic(0)
            for _ in 0..<1_000 {
                #expect(loop.postDroppable { _ in log.add(1, ordering: .relaxed) })
            }
            #expect(waker.count.load(ordering: .relaxed) == before + batch)
            loop.turn(waits: false)
            ran += log.load(ordering: .relaxed)
        }
        #expect(ran == 3_000)
        loop.end()
    }

    /// Whether the waker had returned when the loop was gone; nil without a loop.
    private static func letGoEarly() -> Bool? {
        let waker = SlowWaker()
        var loop = try? EventLoop(backend: SleepyBackend(waker))
        guard let guest = loop.map({ Guest(on: $0) }) else { return nil }
        Task.detached { await guest.visit() }
        while !waker.hasBegun.load(ordering: .acquiring) { sched_yield() }
        loop?.turn(waits: false)
        loop?.end()
        waker.isLetGo.store(true, ordering: .releasing)
        loop = nil
        return waker.hasEnded.load(ordering: .acquiring)
    }
}

// SAFETY: the test holds the loop until the actor's one job has run; that nobody else does is what it is about.
/// An actor on a loop that it does not hold.
@safe private actor Guest {
    private let executor: UnownedSerialExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor }

    init(on loop: EventLoop) {
        unsafe executor = loop.asUnownedSerialExecutor()
    }

    func visit() {}
}

private final class CountingWaker: BackendWaker {
    let count = Atomic(0)

    func wake() { count.add(1, ordering: .relaxed) }
}

/// Stays until the loop is being let go, and a little longer.
private final class SlowWaker: BackendWaker {
    let hasBegun = Atomic(false)
    let isLetGo = Atomic(false)
    let hasEnded = Atomic(false)

    func wake() {
        hasBegun.store(true, ordering: .releasing)
        while !isLetGo.load(ordering: .acquiring) { sched_yield() }
        for _ in 0..<50 { sched_yield() }
        hasEnded.store(true, ordering: .releasing)
    }
}

private final class SleepyBackend: EventLoopBackend {
    let waker: any BackendWaker
    let now = MonotonicInstant(nanoseconds: 0)
    let wallClockMilliseconds: Int64 = 0

    init(_ waker: any BackendWaker) {
        self.waker = waker
    }

    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) {}
    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) {}
    func remove(_ descriptor: Int32) {}

    func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant { now }
}
