/// A client's connection as the API document shows it.
public struct WebSocketSocket: Codable, Sendable, Hashable {
    /// The connection's id, a UUID.
    public let id: String
    /// The client's id.
    public let clientId: String
    /// The path of the opening request.
    public let path: String
    /// The room joined last that it is still in.
    public let roomId: String?
    /// The route's number, as `handler_1`.
    public let handlerId: String
    /// What the application remembers of it.
    public let metadata: [String: String]
    /// When it opened, as an RFC 3339 timestamp.
    public let createdAt: String
    /// When the last ping or pong of the client came; until then when it opened.
    public let lastPing: String

    init(_ peer: WebSocketPeer) {
        id = peer.id.description
        clientId = peer.clientID
        path = peer.request.path
        roomId = peer.rooms.last?.id.description
        handlerId = peer.route.handlerID
        metadata = peer.metadata
        createdAt = Timestamp.text(milliseconds: peer.createdAt)
        lastPing = Timestamp.text(milliseconds: peer.lastPing)
    }
}
