/// A ping or a pong of the client, as a frame or as JSON, or its acknowledgement of a message.
///
/// The callback runs first; a JSON ping or pong is answered unless it cancels: then one with an `id` gets `message_blocked`. A
/// ping frame is answered by the session before this flow begins.
struct SignalFlow: Flow {
    enum Signal {
        case pingFrame, pongFrame
        case ping, pong, messageAck
    }

    let signal: Signal
    let id: MessageID?
    private var hasRun = false

    init(_ signal: Signal, id: MessageID? = nil) {
        self.signal = signal
        self.id = id
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if !hasRun {
            hasRun = true
            if peer.admits(event) { return .run(event) }
        }
        switch input.outcome {
        case .passed, .modified: answer(peer)
        case .cancelled(let reason):
            peer.signalIgnored(signal)
            // Not by its JSON answer; but every id is answered once.
            if id != nil, let word = fields(of: event).type, signal != .messageAck {
                let blocked = BlockedMessage(
                    reason: reason ?? "Message blocked", event: "\(word)", code: .byHandler,
                    room: nil)
                peer.writeBlocked(blocked, original: text, id: id)
            }
        case .failed(let reason):
            peer.signalIgnored(signal)
            peer.raiseServerError(reason)
            // Every id is answered once; but an acknowledgement is itself an answer.
            if id != nil, signal != .messageAck {
                peer.writeError("The server failed", type: "server_error", id: id)
            }
        }
        return .finished
    }

    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        switch signal {
        case .pingFrame, .pongFrame: break
        case .ping: fields.type = "ping"
        case .pong: fields.type = "pong"
        case .messageAck: fields.type = "message_ack"
        }
        fields.hasText = fields.type != nil
        return fields
    }

    private var event: WebSocketEvent {
        switch signal {
        case .pingFrame, .ping: .onPing
        case .pongFrame, .pong: .onPong
        case .messageAck: .onMessageAck
        }
    }

    private func answer(_ peer: WebSocketPeer) {
        switch signal {
        case .ping: peer.writePong(id: id)
        case .pong: peer.writeLatency(id: id)
        case .pingFrame, .pongFrame, .messageAck: break
        }
    }
}
