import RNodeIO
import RNodeTesting
import Testing

@Suite("C5 readiness that nobody serves")
struct UnservedTests {
    @Test("A handler that leaves bytes without pausing is found out, and no other")
    func leftBytesAreCounted() throws {
        for leaves in [LeavingHandler.Way.takesAll, .takesOne, .pauses, .yields, .forgets] {
            let host = try TestHost()
            let handler = LeavingHandler(leaves)
            let loop = host.loops[0]
            loop.setHandler(handler)
            let peer = try host.connect()
            host.turn()
            peer.send("hello")
            host.turn()
            #expect(handler.calls > 0)
            #expect((loop.tally.unservedConnections > 0) == (leaves == .forgets), "\(leaves)")
            #expect(loop.unservedConnections().count == (leaves == .forgets ? 1 : 0), "\(leaves)")
        }
    }
}

private final class LeavingHandler: LoopHandler {
    enum Way { case takesAll, takesOne, pauses, yields, forgets }

    let way: Way
    var calls = 0

    init(_ way: Way) { self.way = way }

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {}

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        calls += 1
        switch way {
        case .takesAll: return bytes.count
        case .takesOne: return 1
        case .pauses: connection.pauseReading()
        case .yields: connection.yieldReading()
        case .forgets: break
        }
        return 0
    }

    func finished(_ connection: inout ConnectionContext) { connection.close() }
    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) {}
    func turnEnded(on loop: EventLoop) {}
    func timedOut(_ connection: inout ConnectionContext) {}
    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {}
}
