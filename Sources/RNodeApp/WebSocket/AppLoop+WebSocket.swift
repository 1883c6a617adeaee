// WebSocket connections of a loop: their time, their end, and from messages to frames.
extension AppLoop {
    // MARK: - Time

    func setDeadline(
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) {
        let deadline = state.borrow { state in
            min(
                state.session.deadline, state.peer?.jsonPingDue ?? .distantFuture, state.endOfLife)
        }
        connection.deadline = deadline
    }

    func timedOut(
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) {
        // Who is not read from, because a callback of its own runs, can't be blamed for its silence.
        // Nor who is not read from because it has not taken yet what it was sent: the stall timeout is for that.
        let peer = state.borrow { $0.peer }
        if let peer, peer.isBusy {
            let start = peer.withheldSince
            state.update { $0.session.inputWithheld(since: start, at: connection.now) }
            peer.withheldSince = connection.now
        } else if connection.isCongested {
            state.update { $0.session.inputWithheld(since: nil, at: connection.now) }
        }
        switch state.update({ $0.session.due(at: connection.now) }) {
        case .nothing: break
        case .sendPing:
            state.update { state in
                _ = state.session.sendPing(now: connection.now, into: &connection.output)
            }
        case .failed(let error): fail(error, state, &connection)
        case .abort(let error): abort(error, state, &connection)
        }
        closeIfOld(state, &connection)
        // A connection that is closing has a deadline too: the close may never be sent.
        peer?.sendJSONPingIfDue(isClosing: connection.isClosing)
        setDeadline(state, &connection)
    }

    /// Closes a connection that has reached the age that was set for it when it opened.
    private func closeIfOld(
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) {
        guard state.borrow({ $0.endOfLife }) <= connection.now else { return }
        state.update { $0.endOfLife = .distantFuture }
        counters.breached(.connectionAgeMax)
        close(connection.id, .goingAway, reason: "connection too old")
    }

    private func abort(
        _ error: WebSocketError, _ state: borrowing Owned<WebSocketState>,
        _ connection: inout ConnectionContext
    ) {
        counters.failed(.timeout)
        counters.breached(LimitName(error))
        state.update { $0.closeReason = "\(error.reason)" }
        state.borrow { $0.peer }?.raiseError(
            "\(error.reason)", type: "timeout", closeCode: error.closeCode.rawValue)
        connection.abort()
    }

    // MARK: - The end

    func closed(
        _ state: consuming WebSocketState, _ connection: ConnectionID, _ reason: DisconnectReason
    ) {
        let code = state.session.closeCode
        unfinishedBytes &-= state.accountedBytes
        let duration = state.openedAt.nanoseconds(until: eventLoop.now) / 1_000_000
        counters.routes[state.route.index].connectionClosed(
            afterMilliseconds: Int(truncatingIfNeeded: duration))
        if case .failed(let error) = reason {
            counters.failed(.transport)
            state.peer?.raiseError("\(error)", type: "transport_error", closeCode: nil)
        }
        if let body = state.route.raw?.close {
            var context = RawWebSocketContext(loop: self, connection: connection)
            do {
                try body(code, &context)
            } catch {
                failedRaw(error)
            }
        }
        state.peer?.disconnected(code.rawValue, reason: state.closeReason)
    }

    // MARK: - Sending

    /// Sends a message to a connection of this loop. False when it is closing, or its output is full.
    ///
    /// An answer of the protocol's own is never dropped, whatever the route's policy for slow consumers.
    func send(
        _ kind: MessageKind, _ bytes: Span<UInt8>, compress: Bool = true,
        to connection: ConnectionID, isAnswer: Bool = false
    ) -> Bool {
        eventLoop.withConnection(connection) { context in
            let isSent = withWebSocket(connection) { webSocket in
                webSocket.update { send(kind, bytes, compress: compress, &$0, &context) }
            }
            guard let isSent else { return false }
            return isSent ?? enqueue(kind, bytes, isAnswer: isAnswer, &context)
        } ?? false
    }

    /// The same, to a connection that is at hand; nil when its client is slow, and the message is one to ``enqueue``, as
    /// soon as nothing is lent any more.
    @inline(__always)
    func send(
        _ kind: MessageKind, _ bytes: Span<UInt8>, compress: Bool,
        _ state: inout WebSocketState, _ connection: inout ConnectionContext
    ) -> Bool? {
        // A frame's header has at most ten bytes.
        guard connection.accepts(bytes.count &+ 10) else { return nil }
        let isSent = state.session.send(
            kind, bytes, compress: compress, into: &connection.output)
        if isSent { state.counters.sent(bytes: bytes.count) }
        return isSent
    }

    /// Sends one control message.
    func write(to connection: ConnectionID, _ encode: (inout ByteBuffer) -> Void) {
        withEncoded(encode) { _ = send(.text, $0, to: connection, isAnswer: true) }
    }

    /// Begins the close handshake.
    func close(_ connection: ConnectionID, _ code: CloseCode, reason: String) {
        // What was published before the close goes out before it.
        rooms.flushAll()
        _ = eventLoop.withConnection(connection) { context in
            withWebSocket(connection) { webSocket in
                context.releaseWaiting()
                webSocket.update { state in
                    let isSent = state.session.sendClose(
                        code, reason: reason, now: context.now, into: &context.output)
                    guard isSent else { return }
                    counters.closeSent(code)
                    state.closeReason = reason
                    context.endDeliveries()
                }
                setDeadline(webSocket, &context)
            }
        }
    }

    // MARK: - Waiting

    /// Stops taking messages of a connection until ``resume(_:withheldSince:)``.
    func pause(_ connection: ConnectionID) {
        _ = eventLoop.withConnection(connection) { $0.pauseReading() }
    }

    /// Takes messages again, which were left since `start`: the client is not to blame for that time.
    func resume(_ connection: ConnectionID, withheldSince start: MonotonicInstant?) {
        _ = eventLoop.withConnection(connection) { context in
            withWebSocket(connection) {
                $0.update { $0.session.inputWithheld(since: start, at: context.now) }
            }
            context.resumeReading()
        }
    }

    // MARK: - Peers

    /// Who a connection is; nil when it is gone, or nobody has asked on a raw route.
    func peer(_ connection: ConnectionID) -> WebSocketPeer? {
        eventLoop.withConnection(connection) { _ in
            withWebSocket(connection) { $0.borrow { $0.peer } } ?? nil
        } ?? nil
    }

    /// Who a connection of a raw route is, named now if it was not before.
    func rawPeer(_ connection: ConnectionID) -> WebSocketPeer? {
        if let known = peer(connection) { return known }
        guard eventLoop.withConnection(connection, { _ in true }) == true else { return nil }
        return withWebSocket(connection) { webSocket in
            let peer = makePeer(
                webSocket.borrow { $0.route }, connection, clientID: makeClientID(),
                request: OpeningRequest(path: webSocket.borrow { $0.route.path }))
            webSocket.update { $0.peer = peer }
            peer.opened()
            return peer
        }
    }

    func makePeer(
        _ route: WebSocketRoute, _ connection: ConnectionID, clientID: String,
        request: OpeningRequest
    ) -> WebSocketPeer {
        WebSocketPeer(
            loop: self, route: route, connection: connection, id: makeMemberID(),
            clientID: clientID, request: request, createdAt: eventLoop.wallClockMilliseconds)
    }
}
