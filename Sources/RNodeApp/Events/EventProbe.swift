/// The event layer by itself, for benchmarks: the gate, the building of an event, the call of its callback.
///
/// What stands around it on a live connection (frames, flows, control messages, answers) is left out, so that
/// its own cost can be told. Nothing else uses it.
package struct EventProbe {
    private let peer: WebSocketPeer
    private let text: [UInt8]
    private let ordinary: TextFlow
    private let close = CloseFlow(closeCode: CloseCode.normal.rawValue, reason: "done")
    private let notice = NoticeFlow(
        .onError, "invalid frame", type: "protocol_error",
        closeCode: CloseCode.protocolError.rawValue)
    private let join: JoinFlow

    /// A probe at the connection that is open on a route; `text` is what its events are about.
    ///
    /// nil when there is none. On the loop's thread, between two turns.
    package init?(_ app: App, path: String, text: [UInt8]) {
        let peers = (app.core?.loops ?? []).flatMap { loop in
            loop.eventLoop.openConnections().compactMap { loop.peer($0) }
        }
        guard let peer = peers.first(where: { $0.route.path == path }) else { return nil }
        self.peer = peer
        self.text = text
        ordinary = TextFlow(ControlMessage.scan(text.span))
        join = JoinFlow(peer.rooms.first?.id, .client(nil))
    }

    /// Has one event happen, `count` times.
    package func raise(_ event: WebSocketEvent, times count: Int) {
        for _ in 0..<count { raise(event) }
    }

    /// Has these events happen one after the other, `count` times.
    package func raise(_ events: [WebSocketEvent], times count: Int) {
        for _ in 0..<count {
            for event in events { raise(event) }
        }
    }

    /// What the flow that runs this event on a live connection does for it: the gate, and the call.
    private func raise(_ event: WebSocketEvent) {
        guard peer.admits(event) else { return }
        _ = peer.outcome(of: event, fields(of: event), text.span)
    }

    /// What that flow says of it.
    private func fields(of event: WebSocketEvent) -> EventFields {
        switch event {
        case .onConnect: EventFields()
        case .onWelcome: WelcomeFlow().fields(of: event)
        case .onMessage, .onRoomMessage, .onDirectMessage: ordinary.fields(of: event)
        case .onBinaryMessage: BinaryFlow().fields(of: event)
        case .onJoinRoom, .onLeaveRoom: join.fields(of: event)
        case .onMessageAck: SignalFlow(.messageAck).fields(of: event)
        case .onPing: SignalFlow(.ping).fields(of: event)
        case .onPong: SignalFlow(.pong).fields(of: event)
        case .onError, .onServerError: notice.fields(of: event)
        case .onClose: close.fields(of: event)
        }
    }
}
