/// A room as the API document shows it.
public struct WebSocketRoom: Codable, Sendable, Hashable {
    /// The room's id: `room_` and 32 hexadecimal digits.
    public let id: String
    /// Its name; not unique.
    public let name: String
    /// What it is for.
    public let description: String?
    /// How many members it takes at once; nil is no limit.
    public let maxConnections: Int?
    /// The ids of the connections that are in it, in the order they joined.
    public let connections: [String]
    /// How many they are.
    public let connectionsCount: Int
    /// What the application remembers of it.
    public let metadata: [String: String]
    /// When it was made, as an RFC 3339 timestamp.
    public let createdAt: String
    /// Messages published to it since then.
    public let messagesCount: Int
    /// When the last one was, or it was made.
    public let lastActivity: String

    init(_ room: RoomSnapshot) {
        id = room.id.description
        name = room.name
        description = room.description
        maxConnections = room.maxConnections
        connections = room.connections
        connectionsCount = room.connectionsCount
        metadata = room.metadata
        createdAt = Timestamp.text(milliseconds: room.createdAt)
        messagesCount = room.messagesCount
        lastActivity = Timestamp.text(milliseconds: room.lastActivity)
    }
}
