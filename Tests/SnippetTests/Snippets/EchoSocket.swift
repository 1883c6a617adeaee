import RNodeWS

/// One WebSocket as a value: an opening request and then bytes go in, bytes to send come out.
struct EchoSocket: ~Copyable {
    private var session: WebSocketSession

    /// Checks the request and writes the 101. The error that is thrown knows the HTTP status to answer.
    init(
        _ request: HandshakeFields, now: MonotonicInstant, into output: inout ByteBuffer
    ) throws(HandshakeError) {
        let handshake = try Handshake(request)
        let subprotocol = handshake.firstSubprotocol(of: ["echo"])
        try handshake.answer(subprotocol: subprotocol).encode(into: &output)
        session = WebSocketSession(role: .server, now: now)
    }

    /// Takes what the client sent, which is unmasked in place; false when the connection is to be closed.
    mutating func receive(
        _ bytes: inout MutableSpan<UInt8>, now: MonotonicInstant, into output: inout ByteBuffer
    ) -> Bool {
        var offset = 0
        while offset < bytes.count {
            switch session.next(&bytes, from: &offset, now: now) {
            case .message(let kind, .input(let range)):
                session.send(kind, bytes.span.extracting(range), into: &output)
            case .message(let kind, .assembled):
                let message = session.takePayload()
                message.withSpan { _ = session.send(kind, $0, into: &output) }
            case .ping(.input(let range)):
                session.sendPong(bytes.span.extracting(range), into: &output)
            case .ping(.assembled):
                let payload = session.takePayload()
                payload.withSpan { _ = session.sendPong($0, into: &output) }
            case .pong, .needMore: break
            case .close: session.answerClose(now: now, into: &output)
            case .failed(let error): session.sendClose(error, now: now, into: &output)
            }
        }
        return session.phase == .open
    }
}
