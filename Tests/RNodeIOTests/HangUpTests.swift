import RNodeTesting
import Testing

@testable import RNodeIO

@Suite("A peer that hangs up")
struct HangUpTests {
    @Test(
        "What a peer sent before it closed both ways is taken, however slowly, and then its end",
        arguments: BackendTests.Kind.allCases, [true, false])
    func heardToTheEnd(backend: BackendTests.Kind, isUnix: Bool) throws {
        let loop = try EventLoop(backend: backend.make())
        let handler = EchoHandler()
        handler.share = 1
        handler.answers = false
        loop.setHandler(handler)
        let client: SocketTransport
        let server: any Transport
        if isUnix {
            (client, server) = try SocketTransport.pair()
        } else {
            (client, server) = try Sockets.connected()
        }
        loop.take(server, from: Sockets.loopback)
        let text = Array("all of it".utf8)
        // The first half waits in the loop's backlog, the second in the socket.
        _ = client.send(text.span.extracting(first: 4))
        loop.turn()
        _ = client.send(text.span.extracting(droppingFirst: 4))
        client.close(abort: false)
        for _ in 0..<1_000 where loop.connectionCount > 0 { loop.turn() }
        #expect(handler.received.values.first == text)
        #expect(handler.finished == 1)
        #expect(handler.closed == 1)
        #expect(loop.budget.openCount == 0)
        loop.end()
    }

    @Test("One that is paused for long keeps nobody busy", arguments: BackendTests.Kind.allCases)
    func pausedForLong(backend: BackendTests.Kind) throws {
        let loop = try EventLoop(backend: backend.make())
        let handler = EchoHandler()
        handler.pauses = true
        handler.answers = false
        loop.setHandler(handler)
        let (client, server) = try SocketTransport.pair()
        loop.take(server, from: Sockets.loopback)
        _ = client.send(Array("text".utf8).span)
        loop.turn()
        client.close(abort: false)
        // It is told of once or twice, and then no more.
        for _ in 0..<4 { loop.turn(waits: false) }
        let turns = loop.tally.turns.reduce(0, +)
        #expect(handler.received.values.first == Array("text".utf8))
        #expect(loop.connectionCount == 1)
        loop.schedule(at: loop.now.advanced(by: .milliseconds(20))) {
            for id in loop.openConnections() {
                _ = loop.withConnection(id) { $0.resumeReading() }
            }
        }
        while loop.connectionCount > 0 { loop.turn() }
        #expect(loop.tally.turns.reduce(0, +) - turns < 8)
        #expect(handler.finished == 1)
        loop.end()
    }

    @Test(
        "An answer that can't be sent any more costs nothing of what it had sent",
        arguments: BackendTests.Kind.allCases)
    func answered(backend: BackendTests.Kind) throws {
        let loop = try EventLoop(backend: backend.make())
        let handler = EchoHandler()
        handler.share = 1
        handler.answers = false
        handler.pauses = true
        loop.setHandler(handler)
        let (client, server) = try SocketTransport.pair()
        loop.take(server, from: Sockets.loopback)
        _ = client.send(Array("text".utf8).span)
        loop.turn()
        client.close(abort: false)
        for _ in 0..<4 { loop.turn(waits: false) }
        // A callback that took long answers now, and the rest is taken.
        handler.pauses = false
        handler.answers = true
        for id in loop.openConnections() {
            _ = loop.withConnection(id) {
                $0.output.append("answer")
                $0.resumeReading()
            }
        }
        for _ in 0..<1_000 where loop.connectionCount > 0 { loop.turn(waits: false) }
        #expect(handler.received.values.first == Array("text".utf8))
        #expect(handler.finished == 1 && handler.closed == 1)
        loop.end()
    }
}
