/// A room as it was when somebody asked.
public struct RoomSnapshot: Hashable, Sendable {
    /// The room's identity.
    public let id: RoomID
    /// Its name.
    public let name: String
    /// What it is for, if its maker said so.
    public let description: String?
    /// How many members it takes at once; nil is no limit.
    public let maxConnections: Int?
    /// The ids of its members in the order they came, as text.
    public let connections: [String]
    /// How many members it has.
    public var connectionsCount: Int { connections.count }
    /// Words the application keeps with the room.
    public let metadata: [String: String]
    /// When it was made, in milliseconds since 1970.
    public let createdAt: Int64
    /// How many messages were published here.
    public let messagesCount: Int
    /// When somebody last joined, left or spoke, in milliseconds since 1970.
    public let lastActivity: Int64

    init(_ entry: RoomEntry) {
        id = entry.room.id
        name = entry.room.name
        description = entry.room.description
        maxConnections = entry.room.maxConnections
        connections = entry.membersInOrder.map(\.id.description)
        metadata = entry.metadata
        createdAt = entry.room.createdAt
        messagesCount = entry.room.messagesCount
        lastActivity = entry.room.lastActivity
    }
}
