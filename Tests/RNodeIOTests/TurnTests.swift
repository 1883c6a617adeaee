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
