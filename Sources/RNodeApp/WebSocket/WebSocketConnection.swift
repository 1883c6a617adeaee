/// A connection, as a callback sees it: valid for the length of the callback, on the loop's thread.
///
/// For other tasks take its ``reference``.
public struct WebSocketConnection: ~Copyable {
    let peer: WebSocketPeer

    /// The connection's id, a UUID.
    public var id: String { peer.id.description }
    /// The client's id.
    public var clientId: String { peer.clientID }
    /// The path of the opening request.
    public var path: String { peer.request.path }
    /// The route's number, as `handler_1`.
    public var handlerId: String { peer.route.handlerID }
    /// The opening request: path, parameters, query, fields, remote address.
    public var request: OpeningRequest { peer.request }
    /// The subprotocol that was agreed on.
    public var subprotocol: String? { peer.subprotocol }
    /// The room joined last that it is still in.
    public var roomId: String? { peer.rooms.last?.id.description }

    /// What the application remembers of this connection.
    public var metadata: [String: String] {
        get { peer.metadata }
        nonmutating set { peer.metadata = newValue }
    }

    /// Sends a text, without any envelope. False when the connection is closing, or its output is full.
    ///
    /// Without `compress` it is not compressed, also where compression was agreed on.
    @discardableResult
    public func send(_ text: String, compress: Bool = true) -> Bool {
        peer.send(.text, text.utf8Span.span, compress: compress)
    }

    /// Sends bytes. False when the connection is closing, or its output is full.
    ///
    /// Without `compress` they are not compressed, also where compression was agreed on.
    @discardableResult
    public func send(
        _ bytes: Span<UInt8>, _ kind: MessageKind = .binary, compress: Bool = true
    ) -> Bool {
        peer.send(kind, bytes, compress: compress)
    }

    /// Sends a `room_message` from this client to every member of a room, without running callbacks.
    ///
    /// False when the text is no room's id; then nothing was sent. To a room that is not there nothing is sent either.
    /// Without `compress` no member gets it compressed.
    @discardableResult
    public func publish(_ message: String, compress: Bool = true, to roomId: String) -> Bool {
        peer.publish(message, compress: compress, to: roomId)
    }

    /// Joins a room as soon as the callback has returned, before anything else of this connection.
    ///
    /// In `onConnect` right after `welcome`. A refusal is told to the client by an `error` message.
    public func join(_ roomId: String) {
        peer.enqueueJoin(roomId)
    }

    /// Leaves a room as soon as the callback has returned, before anything else of this connection.
    public func leave(_ roomId: String) {
        peer.enqueueLeave(roomId)
    }

    /// Joins a room, and returns when that is done: `onJoinRoom` runs nested, in place.
    ///
    /// Throws what refused it. In `onConnect` it is put off until right after `welcome`.
    public func join(_ roomId: String) async throws(RoomError) {
        try await peer.joinInPlace(roomId)
    }

    /// Leaves a room, and returns when that is done: `onLeaveRoom` runs nested, in place.
    public func leave(_ roomId: String) async throws(RoomError) {
        try await peer.leaveInPlace(roomId)
    }

    /// Begins the close handshake, after everything that was sent.
    public func close(code: CloseCode = .normal, reason: String = "") {
        peer.close(code, reason: reason)
    }

    /// Names this connection for other tasks and threads.
    public var reference: WebSocketReference { peer.reference }
}
