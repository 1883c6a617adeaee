internal import Logging

// Clients that send more often than they may.
extension AppLoop {
    /// Whether a data message may go on; else it is answered, or its connection ended.
    @inline(never)
    func admits(
        _ kind: MessageKind, _ message: Span<UInt8>, _ state: borrowing Owned<WebSocketState>,
        _ connection: ConnectionID
    ) -> Bool {
        let route = state.borrow { $0.route }
        guard let rate = route.messageRate else { return true }
        let now = eventLoop.now
        let verdict = state.update {
            $0.withRare {
                $0.messages.judge(at: now, rate, breachTimeout: route.limits.rateBreachTimeout)
            }
        }
        switch verdict {
        case .admitted: return true
        case .blocked:
            counters.breached(.messagesPerSecondMax)
            if !route.isRaw, let peer = state.borrow({ $0.peer }) {
                peer.rateLimited(kind, message)
            } else {
                counters.failed(.rateLimited)
            }
        case .exceeded:
            _ = eventLoop.withConnection(connection) { context in
                fail(.tooManyMessages, state, &context)
            }
        }
        return false
    }

    /// Whether a ping or pong frame may go on; else its connection is ended.
    func admitsControlFrame(
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) -> Bool {
        let now = connection.now
        let rate = state.borrow { $0.route.controlFrameRate }
        let isAdmitted = state.update { $0.withRare { $0.controlFrames.take(at: now, rate) } }
        if !isAdmitted { fail(.tooManyControlFrames, state, &connection) }
        return isAdmitted
    }
}

extension WebSocketPeer {
    /// A message came too soon: its sender is told, and always if it has an id that is to be answered.
    func rateLimited(_ kind: MessageKind, _ message: Span<UInt8>) {
        var blocked = BlockedMessage(
            reason: "Too many messages", event: "binary_message", code: .rateLimited, room: nil)
        guard kind == .text else { return writeBlocked(blocked, original: Span(), id: nil) }
        let control = ControlMessage.scan(message, limits: core.configuration.json)
        blocked.event = control.kind.blockedEvent
        blocked.room = control.roomID(in: message)
        // An acknowledgement is an answer itself.
        let id = control.kind == .messageAck ? nil : control.id(in: message)
        writeBlocked(blocked, original: message, id: id)
    }
}
