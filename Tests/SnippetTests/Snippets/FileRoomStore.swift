import FoundationEssentials
import RNodeRooms

actor FileRoomStore: RoomStore {
    private let file: String
    private var rooms: [RoomID: RoomRecord]?

    init(file: String) { self.file = file }

    func save(_ room: RoomRecord) async throws {
        var changed = try read()
        changed[room.id] = room
        try write(changed)
    }

    func remove(_ room: RoomID) async throws {
        var changed = try read()
        changed[room] = nil
        try write(changed)
    }

    func loadAll() async throws -> [RoomRecord] { try Array(read().values) }

    private func read() throws -> [RoomID: RoomRecord] {
        if let rooms { return rooms }
        guard let bytes = FileManager.default.contents(atPath: file) else { return [:] }
        let records = try JSONDecoder().decode([RoomRecord].self, from: bytes)
        return Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    private func write(_ changed: [RoomID: RoomRecord]) throws {
        let bytes = try JSONEncoder().encode(Array(changed.values))
        try bytes.write(to: URL(filePath: file), options: .atomic)
        rooms = changed
    }
}
