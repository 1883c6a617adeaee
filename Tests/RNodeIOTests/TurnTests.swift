import RNodeIO
import RNodeTesting
import Testing

@Suite("A turn of the loop")
struct TurnTests {
    @Test("What an end at the turn's close published goes out in the same turn")
    func endsPublish() throws {
        let (host, handler, peer) = try connected()
        peer.reset()
        host.turn()
        #expect(handler.endsCount == 1)
        #expect(!handler.hasUnsentNews)
    }

    @Test("What a backlog at the turn's close published goes out in the same turn")
    func backlogsPublish() throws {
        let (host, handler, peer) = try connected()
        peer.send("first second")
        host.turn()
        #expect(handler.takenCount == 5 && !handler.hasUnsentNews)
        handler.resumes = true
        host.loops[0].post { loop in
            for id in loop.openConnections() {
                _ = loop.withConnection(id) { $0.resumeReading() }
            }
        }
        host.turn()
        #expect(handler.takenCount == 12)
        #expect(!handler.hasUnsentNews)
    }

    @Test("An answer goes when its read is served, unless it is to be gathered in the turn")
    func answersAtOnce() throws {
        for gathers in [false, true] {
            let (host, handler, first) = try answering(gathers: gathers)
            let second = try host.connect()
            host.turn()
            // What both have been sent by the time that the second read is served.
            var sentBefore: [Int] = []
            handler.reading = { sentBefore.append(first.availableCount + second.availableCount) }
            first.send("one")
            second.send("two")
            host.turn()
            #expect(sentBefore == (gathers ? [0, 0] : [0, 3]))
            #expect(first.takeText() == "one" && second.takeText() == "two")
        }
    }

    @Test("What the peer does not take of an answer at once follows in order", arguments: 1...9)
    func answersInParts(window: Int) throws {
        let (host, _, peer) = try answering(gathers: false)
        peer.shape.windowBytes = window
        peer.send("12345678")
        var text = ""
        for _ in 0..<20 {
            host.turn()
            text += peer.takeText()
        }
        #expect(text == "12345678")
    }

    private func answering(gathers: Bool) throws -> (TestHost, AnsweringHandler, InMemoryPeer) {
        let host = try TestHost()
        let handler = AnsweringHandler()
        handler.gathers = gathers
        host.loops[0].setHandler(handler)
        let peer = try host.connect()
        host.turn()
        return (host, handler, peer)
    }

    private func connected() throws -> (TestHost, NewsHandler, InMemoryPeer) {
        let host = try TestHost()
        let handler = NewsHandler()
        host.loops[0].setHandler(handler)
        let peer = try host.connect()
        host.turn()
        return (host, handler, peer)
    }
}

/// Has news to publish whenever it took bytes or a connection ended; publishes them when the turn ends.
private final class NewsHandler: LoopHandler {
    var hasUnsentNews = false
    var takenCount = 0
    var endsCount = 0
    /// Whether it takes all bytes; else the first five.
    var resumes = false

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {}

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        hasUnsentNews = true
        let taken = resumes ? bytes.count : min(5, bytes.count)
        if !resumes { connection.pauseReading() }
        takenCount += taken
        return taken
    }

    func finished(_ connection: inout ConnectionContext) {}
    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) {}
    func timedOut(_ connection: inout ConnectionContext) {}

    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {
        endsCount += 1
        hasUnsentNews = true
    }

    func turnEnded(on loop: EventLoop) {
        hasUnsentNews = false
    }
}

/// Answers with what it gets.
private final class AnsweringHandler: LoopHandler {
    var gathers = false
    /// Called before each answer.
    var reading: () -> Void = {}

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        reading()
        connection.output.append(bytes.span)
        if gathers { connection.gather() }
        return bytes.count
    }

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {}
    func finished(_ connection: inout ConnectionContext) {}
    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) {}
    func timedOut(_ connection: inout ConnectionContext) {}
    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {}
    func turnEnded(on loop: EventLoop) {}
}
