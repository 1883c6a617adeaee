/// What a store remembers of a room: all that should outlive the process, and no members.
public struct RoomRecord: Hashable, Sendable, Codable {
    /// The room's identity.
    public let id: RoomID
    /// Its name.
    public let name: String
    /// What it is for, if its maker said so.
    public let description: String?
    /// How many members it takes at once; nil is no limit.
    public let maxConnections: Int?
    /// Words the application keeps with the room.
    public var metadata: [String: String]
    /// When it was made, in milliseconds since 1970.
    public let createdAt: Int64

    /// A record with these fields.
    public init(
        id: RoomID, name: String, description: String? = nil, maxConnections: Int? = nil,
        metadata: [String: String] = [:], createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.maxConnections = maxConnections
        self.metadata = metadata
        self.createdAt = createdAt
    }
}
