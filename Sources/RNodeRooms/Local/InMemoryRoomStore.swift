/// A store that remembers for as long as the process lives: the default.
///
/// Give the same one to two registries in turn to see rooms come back in a test.
public actor InMemoryRoomStore: RoomStore {
    private var rooms: [RoomID: RoomRecord] = [:]

    /// A store that knows no room.
    public init() {}

    /// Remembers `room`.
    public func save(_ room: RoomRecord) {
        rooms[room.id] = room
    }

    /// Forgets the room.
    public func remove(_ room: RoomID) {
        rooms[room] = nil
    }

    /// All rooms, in any order.
    public func loadAll() -> [RoomRecord] {
        Array(rooms.values)
    }
}
