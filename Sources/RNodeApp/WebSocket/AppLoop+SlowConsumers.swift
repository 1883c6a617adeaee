internal import Logging

// What becomes of clients that do not read as fast as they are sent to.
extension AppLoop {
    // MARK: - By the route's policy

    /// Has a message wait for a slow client, or does what the route's policy says; false when it will not be sent.
    ///
    /// Nothing of the connection's state may be lent: the key of a message is asked of the user's code, which may send too.
    @inline(never)
    func enqueue(
        _ kind: MessageKind, _ bytes: Span<UInt8>, isAnswer: Bool,
        _ connection: inout ConnectionContext
    ) -> Bool {
        guard connection.keepsApart else { return false }
        let key = isAnswer ? nil : conflationKey(of: connection.id)?(bytes)
        var frame = ByteBuffer(capacity: bytes.count &+ 10)
        let isOpen = withWebSocket(connection.id) { webSocket in
            webSocket.update {
                // Not compressed: what is dropped must not be missing from a context that goes on.
                $0.session.send(kind, bytes, compress: false, into: &frame)
            }
        }
        guard isOpen == true else { return false }
        let isKept = frame.withSpan {
            connection.enqueue($0, key: key, isDroppable: !isAnswer)
        }
        if isKept {
            withWebSocket(connection.id) { $0.borrow { $0.counters }.sent(bytes: bytes.count) }
        }
        return isKept
    }

    private func conflationKey(
        of connection: ConnectionID
    ) -> (@Sendable (Span<UInt8>) -> String?)? {
        withWebSocket(connection) { $0.borrow { $0.route.slowConsumers.key } } ?? nil
    }

    /// Has a room's messages wait for a slow member; returns how many of them will be sent.
    ///
    /// `frames` are whole frames as ``FrameEncoder`` writes them for clients: unmasked, each with its length.
    @inline(never)
    func enqueue(_ frames: Span<UInt8>, forRoomMember connection: ConnectionID) -> Int {
        let taken = eventLoop.withConnection(connection) { context -> Int in
            guard context.keepsApart else { return 0 }
            let key = conflationKey(of: connection)
            var count = 0
            let decoder = FrameDecoder(role: .client, payloadBytesMax: .max)
            var rest = frames
            while case .header(let header) = decoder.decode(rest),
                header.payloadCount <= rest.count &- header.byteCount
            {
                let end = header.byteCount &+ header.payloadCount
                let name = key?(rest.extracting(header.byteCount..<end))
                if context.enqueue(rest.extracting(..<end), key: name) { count += 1 }
                rest = rest.extracting(end...)
            }
            return count
        }
        return taken ?? 0
    }

    /// Messages to a slow client were dropped: counted, and told to the application at most once a second.
    func dropped(_ count: Int, on connection: inout ConnectionContext) {
        let id = connection.id
        guard let (route, peer) = withWebSocket(id, { $0.borrow { ($0.route, $0.peer) } }) else {
            return
        }
        counters.routes[route.index].dropped(count)
        counters.breached(.outputHardCapBytes, times: count)
        peer?.messagesDropped(count)
    }

    // MARK: - Closing

    /// The output is full, or its peer has not taken any of it for too long.
    func overflowed(_ connection: inout ConnectionContext) {
        counters.failed(.slowConsumer)
        counters.breached(connection.isStalled ? .outputStallTimeout : .outputHardCapBytes)
        let peer = withWebSocket(connection.id) { webSocket in
            connection.dropWaiting()
            webSocket.update { webSocket in
                let isSent = webSocket.session.sendClose(
                    .tryAgainLater, reason: Self.slowConsumer, now: connection.now,
                    into: &connection.output)
                if isSent {
                    webSocket.closeReason = Self.slowConsumer
                    counters.closeSent(.tryAgainLater)
                }
                connection.endDeliveries()
                connection.deadline = webSocket.session.deadline
            }
            return webSocket.borrow { $0.peer }
        }
        guard let peer else { return connection.abort() }
        peer?.raiseError(
            Self.slowConsumer, type: "slow_consumer", closeCode: CloseCode.tryAgainLater.rawValue)
    }

    static var slowConsumer: String { "slow consumer" }
}
