@testable import RNodeRooms
import Synchronization
import Testing

@Suite("The registry")
struct RoomRegistryTests {
    @Test("200 members racing for 50 seats: exactly 50 get one")
    func race() async throws {
        for round in 0..<20 {
            let registry = RoomRegistry.sample()
            let room = try await registry.createRoom("race", maxConnections: 50)
            let admitted = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        await Self.join(.sample(UInt64(number)), room.id, registry, round: round)
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(admitted == 50)
            #expect(await registry.members(of: room.id).count == 50)
            #expect(await registry.snapshot(of: room.id)?.connectionsCount == 50)
        }
    }

    /// Joins; a fifth of those who get a seat give it back at first and try again.
    private static func join(
        _ member: Member, _ room: RoomID, _ registry: RoomRegistry, round: Int
    ) async -> Bool {
        for attempt in 0..<1_000 {
            do throws(RoomError) {
                let seat = try await registry.reserve(member, in: room)
                if attempt == 0, (Int(member.location) + round) % 5 == 0 {
                    await Task.yield()
                    await registry.release(seat)
                    continue
                }
                await Task.yield()
                return try await registry.confirm(seat).membersCount <= 50
            } catch {
                // Full now; but a seat may come back while others hesitate.
                if error != .roomFull || attempt > 50 { return false }
                await Task.yield()
            }
        }
        return false
    }

    @Test("Two rooms may bear one name")
    func names() async throws {
        let registry = RoomRegistry.sample()
        let first = try await registry.createRoom("same")
        let second = try await registry.createRoom("same")
        #expect(first.id != second.id)
        #expect(registry.roomsCount == 2)
        #expect(await registry.allRooms().map(\.id) == [first.id, second.id])
    }

    @Test("A removed room is gone for everybody at once")
    func removal() async throws {
        let registry = RoomRegistry.sample()
        let room = try await registry.createRoom("r")
        let members = (1...3).map { Member.sample($0) }
        for member in members {
            try await registry.confirm(try await registry.reserve(member, in: room.id))
        }
        let pending = try await registry.reserve(.sample(4), in: room.id)
        let removal = try await registry.removeRoom(room.id)
        #expect(removal.members.map(\.id) == members.map(\.id))
        #expect(room.isRemoved)
        #expect(registry.roomsCount == 0)
        #expect(await registry.room(room.id) == nil)
        #expect(await registry.snapshot(of: room.id) == nil)
        #expect(await registry.roomIDs(of: members[0].id) == [])
        await #expect(throws: RoomError.roomNotFound) { try await registry.confirm(pending) }
        await #expect(throws: RoomError.roomNotFound) { try await registry.removeRoom(room.id) }
        await #expect(throws: RoomError.roomNotFound) {
            try await registry.leave(members[0].id, room: room.id)
        }
        #expect(await registry.leaveAll(members[0]).isEmpty)
    }

    @Test("Of many removals at once one succeeds")
    func removalRace() async throws {
        let registry = RoomRegistry.sample(store: ScriptedStore(turns: 3))
        let room = try await registry.createRoom("r")
        let removed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask { (try? await registry.removeRoom(room.id)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(removed == 1)
    }

    @Test("Metadata is replaced, and remembered")
    func metadata() async throws {
        let store = InMemoryRoomStore()
        let registry = RoomRegistry.sample(store: store)
        let room = try await registry.createRoom("r", metadata: ["a": "1"])
        try await registry.setRoomMetadata(room.id, ["b": "2"])
        #expect(await registry.snapshot(of: room.id)?.metadata == ["b": "2"])
        #expect(await store.loadAll().first?.metadata == ["b": "2"])
        let tooMuch = String(repeating: "x", count: 20_000)
        await #expect(throws: RoomError.self) {
            try await registry.setRoomMetadata(room.id, ["b": tooMuch])
        }
        #expect(await registry.snapshot(of: room.id)?.metadata == ["b": "2"])
        await #expect(throws: RoomError.roomNotFound) {
            try await registry.setRoomMetadata(RoomID(high: 0, low: 0), [:])
        }
    }

    @Test("An empty room expires; the store's failures are told, and tried again")
    func expiry() async throws {
        var limits = RoomLimits()
        limits.emptyRoomTimeToLive = .seconds(1)
        let store = ScriptedStore { $0 == 4 }
        let registry = RoomRegistry.sample(limits: limits, store: store)
        let rooms = [
            try await registry.createRoom("1"), try await registry.createRoom("2"),
            try await registry.createRoom("3"),
        ]
        _ = try await registry.reserve(.sample(1), in: rooms[2].id)
        let early = await registry.expireEmptyRooms(now: 1_999)
        #expect(early.removed.isEmpty)
        // The fourth call to the store, the first removal, fails.
        let first = await registry.expireEmptyRooms(now: 2_000)
        #expect(first.removed.count == 1)
        #expect(first.failed == 1)
        #expect(registry.roomsCount == 2)
        let second = await registry.expireEmptyRooms(now: 2_000)
        #expect(second.removed.count == 1)
        #expect(second.failed == 0)
        #expect(await registry.allRooms().map(\.id) == [rooms[2].id])
    }

    @Test("Room ids come from the source that was given, and by default at random")
    func identifiers() async throws {
        let counting = Counting()
        let counted = RoomRegistry(identifiers: { counting.next() }, now: { 0 })
        #expect(try await counted.createRoom("r").id == RoomID(high: 0, low: 1))
        let random = RoomRegistry.sample()
        #expect(try await random.createRoom("r").id != (try await random.createRoom("r").id))
    }

    @Test("A registry can be pinned to an executor")
    func pinned() async throws {
        let loop = VirtualLoop()
        let registry = RoomRegistry(executor: loop, now: { 7 })
        let room = Guarded<Room?>(nil)
        let task = Task {
            let made = try await registry.createRoom("r")
            room.withLock { $0 = made }
        }
        var random = SeededGenerator(seed: 1)
        while room.withLock({ $0 }) == nil {
            loop.run(&random)
            await Task.yield()
        }
        try await task.value
        #expect(room.withLock { $0?.createdAt } == 7)
    }
}
