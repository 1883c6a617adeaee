/// Remembers rooms, so that they are there again after a restart.
///
/// The registry saves a room before anybody can see it, saves it again when its metadata changes,
/// and removes it with the room; for one room it makes one call at a time. Members are not stored:
/// they end with their connections. What a store throws is answered as `server_error`, and the
/// request leaves nothing behind.
///
/// A store in one file of JSON, for a few hundred rooms:
///
/// ```swift
/// import FoundationEssentials
/// import RNodeRooms
///
/// actor FileRoomStore: RoomStore {
///     private let file: String
///     private var rooms: [RoomID: RoomRecord]?
///
///     init(file: String) { self.file = file }
///
///     func save(_ room: RoomRecord) async throws {
///         var changed = try read()
///         changed[room.id] = room
///         try write(changed)
///     }
///
///     func remove(_ room: RoomID) async throws {
///         var changed = try read()
///         changed[room] = nil
///         try write(changed)
///     }
///
///     func loadAll() async throws -> [RoomRecord] { try Array(read().values) }
///
///     private func read() throws -> [RoomID: RoomRecord] {
///         if let rooms { return rooms }
///         guard let bytes = FileManager.default.contents(atPath: file) else { return [:] }
///         let records = try JSONDecoder().decode([RoomRecord].self, from: bytes)
///         return Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
///     }
///
///     private func write(_ changed: [RoomID: RoomRecord]) throws {
///         let bytes = try JSONEncoder().encode(Array(changed.values))
///         try bytes.write(to: URL(filePath: file), options: .atomic)
///         rooms = changed
///     }
/// }
/// ```
///
/// `RoomStoreConformance` checks any implementation.
public protocol RoomStore: Sendable {
    /// Remembers `room`, in place of what was remembered under its id.
    func save(_ room: RoomRecord) async throws

    /// Forgets the room with this id; that there is none is no error.
    func remove(_ room: RoomID) async throws

    /// Everything remembered, each room once, in any order.
    func loadAll() async throws -> [RoomRecord]
}
