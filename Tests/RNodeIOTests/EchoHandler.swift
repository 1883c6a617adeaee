import RNodeIO

/// Sends back what it gets, and notes what it is told.
final class EchoHandler: LoopHandler {
    var accepted = 0
    var closed = 0
    var finished = 0
    var reasons: [DisconnectReason] = []
    var notices: [(error: IOError, untold: Int)] = []
    /// What was received, by connection.
    var received: [ConnectionID: [UInt8]] = [:]
    /// The turn in which a connection was first served.
    var servedIn: [ConnectionID: Int] = [:]
    var turns = 0
    var answerToRefused: [UInt8] = Array("busy".utf8)
    /// Bytes it takes of a connection in one turn before it yields; nil for all.
    var share: Int?
    /// Whether it takes nothing more of a connection after its first bytes.
    var pauses = false
    var closesAtEnd = true
    var answers = true

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) { accepted += 1 }

    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        let count = min(share ?? bytes.count, bytes.count)
        let taken = bytes.span.extracting(first: count)
        received[connection.id, default: []] += taken.copied()
        if servedIn[connection.id] == nil { servedIn[connection.id] = turns }
        if answers { connection.output.append(taken) }
        if count < bytes.count { connection.yieldReading() }
        if pauses { connection.pauseReading() }
        return count
    }

    func finished(_ connection: inout ConnectionContext) {
        finished += 1
        if closesAtEnd { connection.close() }
    }

    func drained(_ connection: inout ConnectionContext) {}
    func overflowed(_ connection: inout ConnectionContext) { connection.abort() }
    func timedOut(_ connection: inout ConnectionContext) {}

    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {
        closed += 1
        reasons.append(reason)
    }

    func turnEnded(on loop: EventLoop) {}

    func acceptFailed(_ error: IOError, untold: Int, on loop: EventLoop) {
        notices.append((error, untold))
    }

    func refusal(on loop: EventLoop) -> [UInt8] { answerToRefused }
}
