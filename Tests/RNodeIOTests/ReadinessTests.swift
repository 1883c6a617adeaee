import RNodeBytes
import RNodeTesting
import Testing

@testable import RNodeIO

@Suite("Readiness, early, late, twice and for others")
struct ReadinessTests {
    let host: TestHost
    let handler = EchoHandler()
    private var loop: EventLoop { host.loops[0] }
    private var backend: ScriptedBackend { host.backends[0] }

    init() throws {
        host = try TestHost()
        host.loops[0].setHandler(handler)
    }

    private func settle() -> Int {
        var turns = 0
        while turns < 10_000, loop.hasWork || backend.isReady {
            loop.turn(waits: false)
            turns += 1
        }
        return turns
    }

    private func connect() throws -> (InMemoryPeer, ConnectionID) {
        let peer = try host.connect()
        loop.turn(waits: false)
        return (peer, try #require(loop.openConnections().max { $0.slot < $1.slot }))
    }

    /// What the peer has done by the time of an event.
    enum Stream: CaseIterable { case idle, data, dataAndEnd, end, reset }

    @Test(
        "C4 any readiness on any stream: data before the end, the end once, and nothing lost of what can be read",
        arguments: Stream.allCases, 0..<8 as Range<UInt8>)
    func combinations(stream: Stream, bits: UInt8) throws {
        let (peer, id) = try connect()
        if stream == .data || stream == .dataAndEnd { peer.send("data") }
        if stream == .dataAndEnd || stream == .end { peer.finish() }
        if stream == .reset { peer.reset() }
        let readiness = Readiness(rawValue: bits)
        let isLie =
            readiness.contains(.failed) && !readiness.contains(.readable) && stream != .reset
        backend.script = { events in
            events.removeAll()
            events.append(BackendEvent(token: id.rawValue, readiness: readiness))
        }
        loop.turn(waits: false)
        backend.script = nil
        #expect(settle() < 100, "the loop is busy for nothing")
        let got = handler.received[id] ?? []
        if isLie {
            // A failure alone is the end, as the kernel says it of a stream that is gone.
            #expect(handler.reasons == [.aborted])
        } else if stream == .data || stream == .dataAndEnd {
            #expect(got == Array("data".utf8))
            #expect(peer.takeText() == "data", "the half-closed peer gets its answer")
        }
        if !isLie { #expect(handler.finished == (stream == .dataAndEnd || stream == .end ? 1 : 0)) }
        if stream == .idle || stream == .data, !isLie { #expect(handler.closed == 0) }
        if stream == .reset { #expect(handler.closed == 1) }
    }

    @Test("C6 events for connections that are gone find nobody, 200,000 of them, and are counted")
    func stale() throws {
        let rounds = 25_000
        var (peer, id) = try connect()
        var gone: [UInt64] = []
        var wrong = 0
        backend.script = { events in
            for token in gone {
                events.append(BackendEvent(token: token, readiness: [.readable, .failed]))
            }
        }
        for round in 0..<rounds {
            // One batch brings an end, a new peer, and what once was true of those before, whose slots are taken again.
            let next = try host.connect()
            peer.reset()
            loop.turn(waits: false)
            if gone.count == 4 { gone.removeFirst() }
            gone.append(id.rawValue)
            let open = loop.openConnections()
            guard open.count == 1, open[0] != id else {
                Issue.record("round \(round): \(open)")
                return
            }
            (peer, id) = (next, open[0])
            let byte = UInt8(truncatingIfNeeded: round)
            peer.send([byte])
            loop.turn(waits: false)
            if peer.takeBytes() != [byte] || handler.received != [id: [byte]] { wrong += 1 }
            handler.received = [:]
            handler.servedIn = [:]
        }
        #expect(wrong == 0)
        // Two turns in each round, four who are gone: but for the first rounds.
        #expect(loop.tally.staleEvents == rounds * 8 - 16)
        #expect(handler.accepted == rounds + 1 && handler.closed == rounds)
        #expect(loop.connectionCount == 1)
    }

    @Test("C5 an event that comes late, twice or in vain loses nothing and keeps nobody busy")
    func lateAndTwice() throws {
        let (peer, id) = try connect()
        for round in 0..<60 {
            peer.send("\(round % 10)")
            backend.script = { events in
                if round % 3 == 0 { events.removeAll() } else { events += events }
            }
            loop.turn(waits: false)
            backend.script = nil
            #expect(settle() < 10)
        }
        #expect(handler.received[id]?.count == 60)
        #expect(peer.takeBytes() == handler.received[id])
    }

    @Test(
        "C13 one firehose does not keep a hundred quiet clients waiting: each is served in the turn it speaks"
    )
    func firehose() throws {
        handler.share = 256
        handler.answers = false
        let (hot, hotID) = try connect()
        let quiet = try (0..<100).map { _ in try host.connect() }
        for _ in 0..<3 { loop.turn(waits: false) }
        hot.send([UInt8](repeating: 7, count: 1_000_000))
        for turn in 0..<100 {
            handler.turns = turn
            quiet[turn].send("q")
            let before = handler.received[hotID]?.count ?? 0
            loop.turn(waits: false)
            let taken = (handler.received[hotID]?.count ?? 0) - before
            #expect(taken <= 512, "the firehose had \(taken) bytes of turn \(turn)")
            #expect(taken > 0)
        }
        let served = loop.openConnections().filter { $0 != hotID }.compactMap {
            handler.servedIn[$0]
        }
        #expect(served.sorted() == Array(0..<100), "each in its own turn")
        _ = settle()
        #expect(handler.received[hotID]?.count == 1_000_000)
    }

    @Test(
        "C13 a turn reads at most one buffer of a connection",
        arguments: [(65_535, 1), (65_536, 1), (65_537, 2), (655_360, 10)])
    func readsPerTurn(count: Int, turns: Int) throws {
        handler.answers = false
        let (peer, id) = try connect()
        peer.send([UInt8](repeating: 1, count: count))
        for turn in 1...turns {
            #expect(peer.unreadByServerCount == count - (turn - 1) * 65_536)
            loop.turn(waits: false)
            #expect(handler.received[id]?.count == min(count, turn * 65_536))
        }
        #expect(peer.unreadByServerCount == 0)
    }

    @Test("C13 turns are counted by how long they took")
    func lag() throws {
        let clock = host.clock
        loop.post { _ in clock.advance(by: .milliseconds(300)) }
        loop.turn(waits: false)
        let turns = loop.tally.turns
        #expect(turns[7] == 1, "\(turns)")
        #expect(loop.tally.turnSeconds == 0.3)
    }

    @Test("C15 an answer chopped at every byte arrives whole; the stream says no in between")
    func chopped() throws {
        let text = Array("partial writes and EAGAIN, at each of these bytes".utf8)
        for cut in 1..<text.count {
            let peer = try host.connect(shape: StreamShape(sendMaxBytes: cut, wouldBlockEvery: 2))
            peer.send(text)
            _ = settle()
            #expect(peer.takeBytes() == text, "cut at \(cut)")
            #expect(peer.transport.emptySendCount == 0)
            peer.close()
            _ = settle()
        }
    }

    @Test(
        "C10 C15 who never takes its answer is cut by the stall timeout, and not before")
    func neverTakes() throws {
        let peer = try host.connect(shape: StreamShape(wouldBlockEvery: 1))
        loop.turn(waits: false)
        #expect(loop.connectionCount == 1)
        peer.shape = StreamShape(windowBytes: 1)
        peer.send("more than one byte")
        _ = settle()
        host.clock.advance(by: .seconds(29))
        loop.turn(waits: false)
        #expect(handler.closed == 0)
        host.clock.advance(by: .seconds(2))
        for _ in 0..<3 { loop.turn(waits: false) }
        #expect(handler.closed == 1)
    }
}
