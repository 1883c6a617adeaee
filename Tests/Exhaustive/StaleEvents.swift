import RNodeIO
import RNodeTesting

/// C6: events of connections that are gone, whose slots and descriptors others have by now. They reach nobody, and each is counted.
enum StaleEvents {
    private static let eventsMin = 10_000_000
    /// Two turns in each round, four who are gone; but for the first rounds.
    private static let rounds = (eventsMin + 16 + 7) / 8

    static func run() -> Tally {
        var tally = Tally()
        do {
            try run(&tally)
        } catch {
            tally.note(false, "\(error)")
        }
        return tally
    }

    private static func run(_ tally: inout Tally) throws {
        let host = try TestHost()
        let (loop, handler) = (host.loops[0], LastHeard())
        loop.setHandler(handler)
        var peer = try host.connect()
        host.turn()
        guard var id = loop.openConnections().first else { return tally.note(false, "nobody came") }
        var gone: [UInt64] = []
        host.backends[0].script = { events in
            for token in gone {
                events.append(BackendEvent(token: token, readiness: [.readable, .failed]))
            }
        }
        for round in 0..<rounds {
            // One batch brings an end, a new peer, and what once was true of those before, whose slots are taken again.
            let next = try host.connect()
            peer.reset()
            host.turn()
            if gone.count == 4 { gone.removeFirst() }
            gone.append(id.rawValue)
            let open = loop.openConnections()
            guard open.count == 1, open[0] != id else {
                return tally.note(false, "round \(round): open are \(open)")
            }
            (peer, id) = (next, open[0])
            let byte = UInt8(truncatingIfNeeded: round)
            peer.send([byte])
            host.turn()
            let isRight =
                peer.takeBytes() == [byte] && handler.from == id && handler.bytes == [byte]
            tally.note(
                isRight, "round \(round): \(handler.bytes) from \(String(describing: handler.from))"
            )
            handler.bytes = []
        }
        let stale = Int(loop.tally.staleEvents)
        tally.note(stale == rounds * 8 - 16, "\(stale) stale events in \(rounds) rounds")
        tally.note(stale >= eventsMin, "\(stale) stale events")
        tally.note(
            handler.accepted == rounds + 1 && handler.closed == rounds,
            "\(handler.accepted) came, \(handler.closed) went")
        tally.noteRight(stale)
    }
}

/// Sends back what it gets, and keeps what it heard since it was last asked.
private final class LastHeard: LoopHandler {
    var accepted = 0
    var closed = 0
    var from: ConnectionID?
    var bytes: [UInt8] = []

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) { accepted += 1 }

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        from = connection.id
        self.bytes += bytes.span.copied()
        connection.output.append(bytes.span)
        return bytes.count
    }

    func finished(_ connection: inout ConnectionContext) { connection.close() }
    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) { connection.abort() }
    func timedOut(_ connection: inout ConnectionContext) {}
    func turnEnded(on loop: EventLoop) {}

    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {
        closed += 1
    }
}
