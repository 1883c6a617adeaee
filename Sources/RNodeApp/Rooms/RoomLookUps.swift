/// Messages to rooms that their loop knows nothing of, until the registry has found those; of each room in their order.
struct RoomLookUps {
    /// Publishes a message that waited.
    typealias Publication = @Sendable (Room) -> Void

    private var waiting: [RoomID: [Publication]] = [:]
    /// How many messages wait.
    private(set) var count = 0

    /// Whether none waits: what every publication asks.
    var isEmpty: Bool { count == 0 }

    /// Has a message wait; true when it is the first for its room, so that the registry has not been asked yet.
    mutating func add(_ publication: @escaping Publication, to id: RoomID) -> Bool {
        count &+= 1
        waiting[id, default: []].append(publication)
        return waiting[id]?.count == 1
    }

    /// Takes what waits for a room.
    mutating func take(_ id: RoomID) -> [Publication] {
        let taken = waiting.removeValue(forKey: id) ?? []
        count &-= taken.count
        return taken
    }
}
