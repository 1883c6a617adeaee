import RNodeIO
import RNodeTesting
import Testing

@Suite("Scripted backend") struct ScriptedBackendTests {
    let backend = ScriptedBackend()

    func connect(token: UInt64) throws -> (transport: InMemoryTransport, peer: InMemoryPeer) {
        let both = InMemoryTransport.connected(descriptors: backend.descriptors)
        try backend.add(both.transport.descriptor, interest: .readable, token: token)
        return both
    }

    func wait() -> [BackendEvent] {
        var events: [BackendEvent] = []
        _ = backend.wait(until: nil, into: &events)
        return events
    }

    @Test("A wait returns at once and leaves the clock alone")
    func standsStill() {
        var events: [BackendEvent] = []
        let deadline = backend.now.advanced(by: .seconds(10))
        #expect(backend.wait(until: deadline, into: &events) == backend.now)
        #expect(events.isEmpty)
        #expect(backend.deadline == deadline)
        backend.clock.advance(by: .milliseconds(1500))
        #expect(backend.now.nanoseconds == 1_500_000_000)
        #expect(backend.wallClockMilliseconds == 1_735_689_601_500)
    }

    @Test("Orders: as added, reversed, shuffled by a seed")
    func orders() throws {
        for token in 0..<16 as Range<UInt64> { try connect(token: token).peer.send("x") }
        #expect(wait().map(\.token) == Array(0..<16))
        backend.order = .reversed
        #expect(wait().map(\.token) == Array((0..<16).reversed()))
        backend.order = .shuffled(seed: 1)
        let once = [wait().map(\.token), wait().map(\.token)]
        backend.order = .shuffled(seed: 1)
        #expect([wait().map(\.token), wait().map(\.token)] == once)
        #expect(once[0] != once[1] && once[0].sorted() == Array(0..<16))
    }

    @Test("A limit on events starves nobody")
    func limit() throws {
        for token in 0..<10 as Range<UInt64> { try connect(token: token).peer.send("x") }
        backend.eventsPerWait = 4
        let seen = (0..<3).flatMap { _ in wait().map(\.token) }
        #expect(seen == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    }

    @Test("Spurious events, and a script over what is reported")
    func script() throws {
        let spurious = BackendEvent(token: 99, readiness: .readable)
        backend.inject(spurious)
        #expect(backend.isReady)
        #expect(wait() == [spurious])
        #expect(wait() == [])
        try connect(token: 1).peer.send("x")
        backend.script = { $0 += $0 }
        #expect(wait().map(\.token) == [1, 1])
    }

    @Test(
        "A descriptor closed while it was watched is counted, and its number may be watched again")
    func closedWhileWatched() throws {
        let old = try connect(token: 1)
        old.peer.send("x")
        old.transport.close(abort: false)
        let new = try connect(token: 2)
        new.peer.send("y")
        #expect(wait().map(\.token) == [2])
        #expect(backend.closedWhileWatchedCount == 1)
        #expect(backend.watchedCount == 1)
    }

    @Test("A wake ends the wait of a test", .timeLimit(.minutes(1)))
    func wakes() async {
        let waker = backend.waker
        #expect(!backend.isWoken)
        let task = Task.detached { waker.wake() }
        await backend.untilWoken()
        await task.value
        #expect(backend.isReady)
        #expect(wait().isEmpty)
        #expect(!backend.isReady)
    }

    @Test("A cancelled task waits for no wake", .timeLimit(.minutes(1)))
    func cancelledWait() async {
        let task = Task { await ScriptedBackend().untilWoken() }
        task.cancel()
        await task.value
    }
}
