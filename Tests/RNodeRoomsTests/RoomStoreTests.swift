import RNodeRooms
import Testing

@Suite("Room stores")
struct RoomStoreTests {
    @Test("The store in memory conforms")
    func inMemory() async throws {
        try await RoomStoreConformance.check { InMemoryRoomStore() }
        let one = InMemoryRoomStore()
        try await RoomStoreConformance.checkReopening { one }
    }

    @Test("Stores that break a rule are found out", arguments: BrokenStore.Fault.silent)
    func broken(fault: BrokenStore.Fault) async {
        await #expect(throws: RoomConformanceFailure.self, "\(fault)") {
            try await RoomStoreConformance.check { BrokenStore(fault) }
        }
    }

    @Test(
        "What a store throws comes out", arguments: [BrokenStore.Fault.cannotLoad, .refusesUnknown])
    func throwing(fault: BrokenStore.Fault) async {
        await #expect(throws: CancellationError.self) {
            try await RoomStoreConformance.check { BrokenStore(fault) }
        }
    }

    @Test("Rooms are there again after a restart")
    func restart() async throws {
        let store = InMemoryRoomStore()
        let before = RoomRegistry.sample(store: store)
        try await before.restore()
        let kept = try await before.createRoom(
            "kept", description: "d", maxConnections: 3, metadata: ["k": "v"])
        let removed = try await before.createRoom("removed")
        try await before.removeRoom(removed.id)
        try await before.confirm(try await before.reserve(.sample(1), in: kept.id))

        let after = RoomRegistry.sample(store: store)
        try await after.restore()
        #expect(after.roomsCount == 1)
        let snapshot = try #require(await after.snapshot(of: kept.id))
        #expect(snapshot.name == "kept")
        #expect(snapshot.description == "d")
        #expect(snapshot.maxConnections == 3)
        #expect(snapshot.metadata == ["k": "v"])
        #expect(snapshot.createdAt == 1000)
        #expect(snapshot.connections == [])
    }

    @Test("A store that fails at create, change or removal leaves nothing half made")
    func failures() async throws {
        let store = ScriptedStore(turns: 1) { [1, 3, 4].contains($0) }
        // With one place: what failed must not keep it.
        var limits = RoomLimits()
        limits.roomsPerProcessMax = 1
        let registry = RoomRegistry.sample(limits: limits, store: store)
        let created = await asyncRoomError { () throws(RoomError) in
            try await registry.createRoom("r")
        }
        #expect(created?.errorType == "server_error")
        #expect(created?.status == 500)
        #expect(registry.roomsCount == 0)
        #expect(await registry.allRooms().isEmpty)
        #expect(store.rooms.isEmpty)

        let room = try await registry.createRoom("r", metadata: ["k": "old"])
        let changed = await asyncRoomError { () throws(RoomError) in
            try await registry.setRoomMetadata(room.id, ["k": "new"])
        }
        #expect(changed?.errorType == "server_error")
        #expect(await registry.snapshot(of: room.id)?.metadata == ["k": "old"])

        let removed = await asyncRoomError { () throws(RoomError) in
            try await registry.removeRoom(room.id)
        }
        #expect(removed?.errorType == "server_error")
        #expect(!room.isRemoved)
        try await registry.confirm(try await registry.reserve(.sample(1), in: room.id))
        try await registry.removeRoom(room.id)
        #expect(room.isRemoved)
        #expect(store.rooms.isEmpty)
    }

    @Test("A store that fails at start, or remembers nonsense, is an error and not a crash")
    func failingRestore() async throws {
        let failing = await asyncRoomError { () throws(RoomError) in
            try await RoomRegistry.sample(store: BrokenStore(.cannotLoad)).restore()
        }
        #expect(failing?.errorType == "server_error")
        let store = InMemoryRoomStore()
        await store.save(RoomRecord(id: RoomID(high: 1, low: 1), name: "a\u{0}", createdAt: 0))
        let nonsense = await asyncRoomError { () throws(RoomError) in
            try await RoomRegistry.sample(store: store).restore()
        }
        #expect(nonsense?.field == "name")
    }
}

/// A store that breaks one rule.
actor BrokenStore: RoomStore {
    enum Fault {
        case losesMetadata, keepsOld, forgetsNothing, forgetsAll, oneNameOnly, loadsTwice
        /// These throw errors of their own.
        case cannotLoad, refusesUnknown

        static let silent: [Fault] = [
            .losesMetadata, .keepsOld, .forgetsNothing, .forgetsAll, .oneNameOnly, .loadsTwice,
        ]
    }

    private let fault: Fault
    private var rooms: [RoomID: RoomRecord] = [:]

    init(_ fault: Fault) { self.fault = fault }

    func save(_ room: RoomRecord) async throws {
        if fault == .keepsOld, rooms[room.id] != nil { return }
        if fault == .oneNameOnly { rooms = rooms.filter { $0.value.name != room.name } }
        var room = room
        if fault == .losesMetadata { room.metadata = [:] }
        rooms[room.id] = room
    }

    func remove(_ room: RoomID) async throws {
        if fault == .forgetsNothing { return }
        if fault == .forgetsAll { rooms = [:] }
        if fault == .refusesUnknown, rooms[room] == nil { throw CancellationError() }
        rooms[room] = nil
    }

    func loadAll() async throws -> [RoomRecord] {
        if fault == .cannotLoad { throw CancellationError() }
        return Array(rooms.values) + (fault == .loadsTwice ? Array(rooms.values) : [])
    }
}
