// What a client sends: which message it is, and the flow that begins with it.
extension WebSocketPeer {
    func received(_ kind: MessageKind, _ bytes: Span<UInt8>) {
        switch kind {
        case .text: receivedText(bytes)
        case .binary: run(BinaryFlow(), bytes)
        }
    }

    private func receivedText(_ text: Span<UInt8>) {
        let control = ControlMessage.scan(text, limits: core.configuration.json)
        switch control.kind {
        case .ordinary, .message, .roomMessage, .directMessage:
            run(TextFlow(control), text)
        case .joinRoom, .leaveRoom, .ping, .pong, .messageAck:
            receivedControl(control, text)
        }
    }

    private func receivedControl(_ control: ControlMessage, _ text: Span<UInt8>) {
        let id = control.id(in: text)
        if let fault = control.fault {
            if case .idInvalid = fault { loop.counters.breached(.messageIdBytes) }
            return writeError(fault.message, type: fault.errorType, id: id)
        }
        switch control.kind {
        case .joinRoom: run(JoinFlow(control.roomID(in: text), .client(id)), text)
        case .leaveRoom: run(LeaveFlow(control.roomID(in: text), .client(id)), text)
        case .ping: receivedSignal(.ping, id, text)
        case .pong: receivedSignal(.pong, id, text)
        case .messageAck: run(SignalFlow(.messageAck, id: id), text)
        case .ordinary, .message, .roomMessage, .directMessage: break
        }
    }

    /// A ping or pong arrived, as a frame or as JSON.
    func receivedSignal(_ signal: SignalFlow.Signal, _ id: MessageID?, _ bytes: Span<UInt8>) {
        lastPing = loop.eventLoop.wallClockMilliseconds
        run(SignalFlow(signal, id: id), bytes)
    }
}
