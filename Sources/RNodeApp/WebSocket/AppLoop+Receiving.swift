// WebSocket connections of a loop: from bytes to messages.
extension AppLoop {
    /// Takes what came behind the head that opened a WebSocket connection. Returns how many of all bytes were taken.
    @inline(never)
    func receiveRest(
        _ bytes: inout MutableSpan<UInt8>, from offset: Int,
        _ connection: inout ConnectionContext
    ) -> Int {
        guard offset < bytes.count, !connection.isClosing else { return offset }
        return withWebSocket(connection.id) { receive(&bytes, from: offset, $0, &connection) }
            ?? offset
    }

    /// Takes what a WebSocket connection received, until it has to wait. Returns how many of all bytes were taken.
    @inline(always)
    func receive(
        _ bytes: inout MutableSpan<UInt8>, from offset: Int,
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) -> Int {
        var offset = offset
        var raw = RawWebSocketContext(self, state, &connection)
        let receiver = MessageReceiver(state)
        var share = turnShare
        let now = connection.now
        while true {
            if let peer = state.borrow({ $0.peer }), peer.isBusy { break }
            let step = receiver.next(&bytes, from: &offset, now: now)
            if case .message(let kind, .input(let range)) = step {
                // SAFETY: a session finds messages within the bytes that it is given.
                let message = unsafe bytes.span.extracting(unchecked: range)
                share.take(bytes: message.count)
                receive(kind, message, receiver, state, &raw)
            } else {
                guard let count = take(step, bytes, receiver, state, &raw, &connection) else {
                    break
                }
                share.take(bytes: count)
            }
            guard offset < bytes.count else { break }
            // Asked between messages: who is given bytes is not closing, and may be congested by one message more.
            guard connection.goesOn(below: share.softMark), share.takeStep() else {
                if !connection.isClosing { connection.yieldReading() }
                break
            }
        }
        // A deadline that only moved away is looked at when its time has come.
        if state.borrow({ $0.isQuiet }) { return offset }
        account(state)
        setDeadline(state, &connection)
        return offset
    }

    /// Takes any step but a message that lies in the input. Returns how many bytes the message had, 0 when it was none, and
    /// nil when there is nothing more to take.
    @inline(never)
    private func take(
        _ step: WebSocketStep, _ bytes: borrowing MutableSpan<UInt8>,
        _ receiver: MessageReceiver, _ state: borrowing Owned<WebSocketState>,
        _ raw: inout RawWebSocketContext, _ connection: inout ConnectionContext
    ) -> Int? {
        switch step {
        case .needMore: return nil
        case .message(let kind, let payload):
            return withPayload(payload, bytes, state) { message in
                receive(kind, message, receiver, state, &raw)
                return message.count
            }
        case .ping(let payload):
            guard admitsControlFrame(state, &connection) else { return nil }
            withPayload(payload, bytes, state) { receivedPing($0, state, &connection) }
        case .pong(let payload):
            guard admitsControlFrame(state, &connection) else { return nil }
            withPayload(payload, bytes, state) { receivedSignal(.pongFrame, $0, state) }
        case .close(let code, let reason):
            let text = withPayload(reason, bytes, state) { String(decoding: $0) }
            receivedClose(code, text, state, &connection)
            return nil
        case .failed(let error):
            fail(error, state, &connection)
            return nil
        }
        return 0
    }

    private func withPayload<Result>(
        _ payload: WebSocketPayload, _ bytes: borrowing MutableSpan<UInt8>,
        _ state: borrowing Owned<WebSocketState>, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        switch payload {
        case .input(let range): return body(bytes.span.extracting(range))
        case .assembled:
            // Taken out first: what runs in the body may use the session.
            let message = state.update { $0.session.takePayload() }
            let result = message.withSpan { body($0) }
            let share = state.borrow { $0.session.share }
            share.giveBack(message)
            return result
        }
    }

    @inline(always)
    private func receive(
        _ kind: MessageKind, _ message: Span<UInt8>, _ receiver: MessageReceiver,
        _ state: borrowing Owned<WebSocketState>, _ raw: inout RawWebSocketContext
    ) {
        state.borrow { $0.counters.received(bytes: message.count) }
        do {
            guard receiver.isPlain else { return try receiveOther(kind, message, state, &raw) }
            try receiver.receive(message, kind, &raw)
        } catch {
            failedRaw(error)
        }
    }

    /// Gives a message to who the connection is, if it is within the rate.
    @inline(never)
    private func receiveOther(
        _ kind: MessageKind, _ message: Span<UInt8>, _ state: borrowing Owned<WebSocketState>,
        _ raw: inout RawWebSocketContext
    ) throws {
        if state.borrow({ $0.route.messageRate != nil }),
            !admits(kind, message, state, raw.connection)
        {
            return
        }
        if let callbacks = state.borrow({ $0.route.raw }) {
            try callbacks.message(message, kind, &raw)
        } else {
            state.borrow { $0.peer }?.received(kind, message)
        }
    }

    /// A raw route's closure threw: that costs the event, not the connection.
    @inline(never)
    func failedRaw(_ error: any Error) {
        counters.failed(.serverError)
        core.log(.rawRouteThrew, at: eventLoop.now, ["error": LogText.text(of: error)])
    }

    private func receivedPing(
        _ payload: Span<UInt8>, _ state: borrowing Owned<WebSocketState>,
        _ connection: inout ConnectionContext
    ) {
        // A ping frame is always answered, whatever a callback says.
        if !connection.isBehind, connection.accepts(payload.count &+ 2) {
            state.update { _ = $0.session.sendPong(payload, into: &connection.output) }
        } else {
            // Only the newest of the pongs that can't be sent yet counts (RFC 6455 §5.5.3).
            var pong = ByteBuffer()
            state.update { _ = $0.session.sendPong(payload, into: &pong) }
            pong.withSpan { connection.putOff($0) }
        }
        receivedSignal(.pingFrame, payload, state)
    }

    private func receivedSignal(
        _ signal: SignalFlow.Signal, _ payload: Span<UInt8>,
        _ state: borrowing Owned<WebSocketState>
    ) {
        guard let peer = state.borrow({ $0.peer }), !peer.route.isRaw else { return }
        peer.receivedSignal(signal, nil, payload)
    }

    private func receivedClose(
        _ code: CloseCode?, _ reason: String, _ state: borrowing Owned<WebSocketState>,
        _ connection: inout ConnectionContext
    ) {
        state.update { state in
            state.closeReason = reason
            connection.releaseWaiting()
            if state.session.answerClose(now: connection.now, into: &connection.output) {
                counters.closeSent(code)
            }
        }
        connection.close()
    }

    func fail(
        _ error: WebSocketError, _ state: borrowing Owned<WebSocketState>,
        _ connection: inout ConnectionContext
    ) {
        counters.closes(for: error)
        state.update { state in
            state.closeReason = "\(error.reason)"
            connection.releaseWaiting()
            if state.session.sendClose(error, now: connection.now, into: &connection.output) {
                counters.closeSent(error.closeCode)
            }
        }
        connection.close()
        state.borrow { $0.peer }?.raiseError(
            "\(error.reason)", type: ErrorWord(error).errorType,
            closeCode: error.closeCode.rawValue)
    }
}
