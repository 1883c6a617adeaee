/// Names a connection anywhere: what is asked of it is posted to its loop.
public struct WebSocketReference: Sendable, Hashable {
    let loop: AppLoop
    let connection: ConnectionID
    let member: MemberID

    /// The connection's id, a UUID.
    public var id: String { member.description }

    /// Whether both name the same connection.
    public static func == (left: Self, right: Self) -> Bool { left.member == right.member }

    /// Hashes the connection's id.
    public func hash(into hasher: inout Hasher) { hasher.combine(member) }

    /// Sends a text. False when the loop has too much waiting; true says that it was passed on.
    ///
    /// Without `compress` it is not compressed, also where compression was agreed on.
    @discardableResult
    public func send(_ text: String, compress: Bool = true) -> Bool {
        post { $0.send(.text, text.utf8Span.span, compress: compress) }
    }

    /// Sends bytes. False when the loop has too much waiting; true says that they were passed on.
    ///
    /// Without `compress` they are not compressed, also where compression was agreed on.
    @discardableResult
    public func send(
        _ bytes: [UInt8], _ kind: MessageKind = .binary, compress: Bool = true
    ) -> Bool {
        post { $0.send(kind, bytes.span, compress: compress) }
    }

    /// Begins the close handshake.
    public func close(code: CloseCode = .normal, reason: String = "") {
        loop.eventLoop.post { [self] _ in
            loop.peer(connection)?.close(code, reason: reason)
        }
    }

    private func post(_ body: @escaping @Sendable (WebSocketPeer) -> Bool) -> Bool {
        loop.eventLoop.postDroppable { [self] _ in
            if let peer = loop.peer(connection) { _ = body(peer) }
        }
    }
}
