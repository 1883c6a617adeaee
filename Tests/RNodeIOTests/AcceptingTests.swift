import Glibc
import RNodeBytes
import RNodeTesting
import Testing

@testable import RNodeIO

@Suite("Accepting")
struct AcceptingTests {
    let host: TestHost
    let handler = EchoHandler()

    init() throws {
        host = try TestHost()
        host.loops[0].setHandler(handler)
    }

    private var listener: InMemoryListener { host.listeners[0] }

    /// Lets time pass in steps of 10 ms.
    private func pass(_ duration: Duration) {
        for _ in 0..<Int(duration / .milliseconds(10)) {
            host.clock.advance(by: .milliseconds(10))
            for _ in 0..<8 { host.turn() }
        }
    }

    @Test(
        "C1 without descriptors the loop rests, turns one peer away each time, and serves the others"
    )
    func exhausted() throws {
        let old = try host.connect()
        host.turn()
        let waiting = try (0..<200).map { _ in try host.connect() }
        listener.isExhausted = true
        let before = listener.acceptCount
        for second in 0..<10 {
            old.send("hello")
            pass(.seconds(1))
            #expect(old.takeText() == "hello", "second \(second)")
        }
        // 100 + 200 + 400 + 800 ms, then one a second.
        let tries = listener.acceptCount - before
        #expect(tries >= 10 && tries <= 14, "\(tries) accepts in ten seconds")
        #expect(listener.turnedAwayCount == tries)
        #expect(waiting.count(where: \.isFinished) == tries)
        #expect(handler.notices.count <= 11 && handler.notices.count >= 9)
        #expect(handler.notices.reduce(0) { $0 + $1.untold + 1 } >= tries - 1)
        #expect(handler.notices.allSatisfy { $0.error.code == EMFILE })
        let emfile = host.loops[0].tally.acceptErrors.first { $0.cause == .processDescriptors }
        #expect(emfile?.count == tries)
    }

    @Test(
        "C1 accepting goes on within 200 ms after descriptors are free, however long it was without"
    )
    func resumes() throws {
        for _ in 0..<40 { _ = try host.connect() }
        listener.isExhausted = true
        pass(.seconds(7))
        let accepted = handler.accepted
        listener.isExhausted = false
        pass(.milliseconds(190))
        #expect(
            handler.accepted == accepted + listener.waitingCount + (40 - listener.turnedAwayCount))
        #expect(listener.waitingCount == 0)
        // The next rest is a short one again.
        _ = try host.connect()
        listener.isExhausted = true
        _ = try host.connect()
        pass(.milliseconds(50))
        let tries = listener.acceptCount
        pass(.milliseconds(200))
        #expect(listener.acceptCount > tries)
    }

    @Test(
        "C2 no errno of accept ends the loop, or keeps the next peer waiting",
        arguments: 1...133 as ClosedRange<Int32>)
    func errnos(code: Int32) throws {
        let error = IOError("accept", code: code)
        listener.failNextAccept(with: SocketListener.result(of: error))
        let peer = try host.connect()
        peer.send("x")
        pass(.milliseconds(250))
        #expect(peer.takeText() == "x")
        #expect(handler.accepted == 1)
        let counted = host.loops[0].tally.acceptErrors.reduce(0) { $0 + $1.count }
        #expect(counted == (code == EAGAIN ? 0 : 1))
    }

    @Test("C2 a listener that fails for ever costs one call a second")
    func broken() throws {
        for _ in 0..<100 { listener.failNextAccept(with: .failed(IOError("accept", code: EBADF))) }
        pass(.seconds(20))
        #expect(listener.acceptCount <= 24)
        #expect(handler.notices.count <= 21)
    }

    @Test(
        "A turn takes so many connections from a listener as the limit says, a later one the rest",
        arguments: [7, 8, 9, 80])
    func acceptsPerTurn(count: Int) throws {
        let host = try TestHost { $0.acceptsPerTurnMax = 8 }
        let handler = EchoHandler()
        host.loops[0].setHandler(handler)
        for _ in 0..<count { _ = try host.connect() }
        host.turn()
        #expect(handler.accepted == min(count, 8))
        host.turn()
        #expect(handler.accepted == min(count, 16))
        for _ in 0..<10 { host.turn() }
        #expect(handler.accepted == count)
    }

    @Test(
        "Connections up to the limit are served; those beyond it are answered and closed",
        arguments: [4, 5, 6, 50])
    func limit(count: Int) throws {
        let host = try TestHost(loops: 2) { $0.connectionsMax = 5 }
        let handlers = [EchoHandler(), EchoHandler()]
        for (loop, handler) in zip(host.loops, handlers) { loop.setHandler(handler) }
        let peers = try (0..<count).map { try host.connect(toLoop: $0 % 2) }
        for peer in peers { peer.send("x") }
        for _ in 0..<20 { host.turn() }
        let texts = peers.map { $0.takeText() }
        #expect(texts.count { $0 == "x" } == min(count, 5))
        #expect(texts.count { $0 == "busy" } == max(count - 5, 0))
        #expect(handlers.reduce(0) { $0 + $1.accepted } == min(count, 5))
        #expect(host.loops[0].budget.openCount == min(count, 5))
        #expect(host.loops.reduce(0) { $0 + $1.tally.refusedConnections } == max(count - 5, 0))
        for peer in peers { peer.close() }
        for _ in 0..<20 { host.turn() }
        #expect(host.loops[0].budget.openCount == 0)
        #expect(host.loops.allSatisfy { $0.connectionCount == 0 })
        #expect(handlers.reduce(0) { $0 + $1.closed } == min(count, 5), "the refused are nobody's")
        let late = try host.connect()
        late.send("y")
        for _ in 0..<4 { host.turn() }
        #expect(late.takeText() == "y")
    }

    @Test("Of many refused at once so many are answered as the limit says", arguments: [0, 1, 3])
    func refusals(most: Int) throws {
        let host = try TestHost {
            $0.connectionsMax = 1
            $0.refusalsMax = most
        }
        host.loops[0].setHandler(handler)
        let peers = try (0..<30).map { _ in try host.connect() }
        for _ in 0..<4 { host.turn() }
        #expect(peers.count { $0.takeText() == "busy" } == most)
        #expect(peers.count(where: \.isFinished) == 29)
        // Those who don't close their side are cut in the end.
        host.clock.advance(by: .seconds(3))
        for _ in 0..<4 { host.turn() }
        #expect(host.loops[0].connectionCount == 1)
        #expect(host.backends[0].descriptors.openCount == 2)
    }

    @Test("Limits of accepting are checked")
    func ranges() {
        func field(_ change: (inout IOLimits) -> Void) -> String? {
            var limits = IOLimits()
            change(&limits)
            do throws(IOLimitsError) {
                try limits.validate()
                return nil
            } catch {
                return error.field
            }
        }
        #expect(field { $0.connectionsMax = 0 } == "connectionsMax")
        #expect(field { $0.connectionsMax = 16_777_217 } == "connectionsMax")
        #expect(field { $0.connectionsMax = 1 } == nil)
        #expect(field { $0.refusalsMax = -1 } == "refusalsMax")
        #expect(field { $0.refusalsMax = 4_097 } == "refusalsMax")
        #expect(field { $0.messagesPerTurnMax = 0 } == "messagesPerTurnMax")
        #expect(field { $0.messagesPerTurnMax = 65_537 } == "messagesPerTurnMax")
        #expect(field { $0.acceptBackOffMax = .milliseconds(99) } == "acceptBackOffMax")
        #expect(field { $0.acceptBackOffMax = .seconds(61) } == "acceptBackOffMax")
        #expect(ConnectionBudget().limit == max(SystemCalls.descriptorsMax() / 10 * 9, 1))
    }

    @Test("A stream handed to a loop that has ended is closed, and counted no more")
    func lateHandOff() throws {
        let host = try TestHost(loops: 2)
        for loop in host.loops { loop.setHandler(EchoHandler()) }
        let extra = InMemoryListener(descriptors: host.backends[0].descriptors)
        try host.loops[0].listen(on: extra, handsOffTo: [host.loops[1]])
        host.loops[1].end()
        let peer = extra.connect()
        host.loops[0].turn(waits: false)
        #expect(peer.isReset)
        #expect(host.loops[0].budget.openCount == 0)
    }

    @Test("loops that a listener hands off to are let go when they have ended, itself among them")
    func handedOffLoopsAreLetGo() throws {
        weak var first: EventLoop?
        weak var second: EventLoop?
        do {
            let host = try TestHost(loops: 2)
            (first, second) = (host.loops[0], host.loops[1])
            let extra = InMemoryListener(descriptors: host.backends[0].descriptors)
            try host.loops[0].listen(on: extra, handsOffTo: host.loops)
            _ = extra.connect()
            host.turn()
            host.end()
        }
        #expect(first == nil && second == nil)
    }
}

extension TestHost {
    /// A host whose limits are the defaults, but for what `change` sets.
    convenience init(loops: Int = 1, limits change: (inout IOLimits) -> Void) throws {
        var limits = IOLimits()
        change(&limits)
        try self.init(loops: loops, limits: limits)
    }
}
