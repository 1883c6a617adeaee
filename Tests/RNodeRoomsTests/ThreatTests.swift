import FoundationEssentials
import RNodeRooms
import Testing

@Suite("D3 room and member leaks")
struct LeakTests {
    @Test("After 100,000 joins, leaves and closes no member and no seat is left")
    func noSeatsLeft() async throws {
        let registry = RoomRegistry.sample()
        let rooms = [
            try await registry.createRoom("1"),
            try await registry.createRoom("2", maxConnections: 3),
        ]
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask { await Self.churn(worker, rooms, registry) }
            }
        }
        #expect(registry.membershipsCount == 0)
        for room in rooms {
            #expect(await registry.members(of: room.id).isEmpty)
            #expect(await registry.snapshot(of: room.id)?.connections == [])
        }
    }

    private static func churn(
        _ worker: Int, _ rooms: [Room], _ registry: RoomRegistry
    ) async {
        var random = SeededGenerator(seed: UInt64(worker))
        for number in 0..<12_500 {
            let member = Member.sample(UInt64(worker * 1_000_000 + number))
            for room in rooms {
                guard let seat = try? await registry.reserve(member, in: room.id) else { continue }
                if random.below(3) > 0 { _ = try? await registry.confirm(seat) }
                if random.below(3) == 0 { _ = try? await registry.leave(member.id, room: room.id) }
            }
            await registry.leaveAll(member)
        }
    }

    @Test("Members and rooms are freed: nothing holds the objects")
    func objectsFreed() throws {
        var ledger = RoomLedger()
        weak var weakMember: Member?
        weak var weakRoom: Room?
        do {
            let record = try ledger.beginCreation(
                RoomDraft(name: "r"), bits: { (1, 1) }, now: 1)
            let room = ledger.finishCreation(record)
            let member = Member.sample(1)
            (weakMember, weakRoom) = (member, room)
            let seat = try ledger.reserve(member, in: record.id)
            _ = try ledger.confirm(seat, now: 1)
            #expect(ledger.leaveAll(member, now: 1).count == 1)
            try ledger.beginRemoval(record.id)
            expectTrue(ledger.finishRemoval(record.id) != nil)
        }
        #expect(weakMember == nil)
        #expect(weakRoom == nil)
        #expect(ledger.members.isEmpty)
        #expect(ledger.rooms.isEmpty)
    }

    @Test("A member that is gone gets no seat, however late the request comes")
    func goneForGood() async throws {
        let registry = RoomRegistry.sample()
        let room = try await registry.createRoom("r")
        let member = Member.sample(1)
        #expect(await registry.leaveAll(member).isEmpty)
        await #expect(throws: RoomError.clientNotFound) {
            _ = try await registry.reserve(member, in: room.id)
        }
        let other = Member.sample(2)
        let seat = try await registry.reserve(other, in: room.id)
        #expect(await registry.leaveAll(other).isEmpty)
        await #expect(throws: RoomError.clientNotFound) { try await registry.confirm(seat) }
        #expect(await registry.leaveAll(other).isEmpty)
    }
}

@Suite("D7 continuations, streams and tasks")
struct ContinuationTests {
    @Test("No source of RNodeRooms waits by a continuation, a stream or a detached task")
    func lint() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let sources = "/" + folder + "/Sources/RNodeRooms"
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources)
            .filter { $0.hasSuffix(".swift") }
        #expect(files.count > 15)
        for file in files {
            let bytes = try #require(FileManager.default.contents(atPath: sources + "/" + file))
            let text = String(decoding: bytes, as: UTF8.self)
            for word in ["Continuation", "AsyncStream", "Task.detached", "fatalError", "try!"] {
                #expect(!text.contains(word), "\(file) says \(word)")
            }
        }
    }

    @Test("1,000 calls for one room take the store's turns one at a time, and all return")
    func turns() async throws {
        let store = ScriptedStore(turns: 1)
        let registry = RoomRegistry.sample(store: store)
        let room = try await registry.createRoom("r")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1_000 {
                group.addTask { try? await registry.setRoomMetadata(room.id, ["n": "\(number)"]) }
            }
        }
        #expect(store.overlaps == 0)
        let kept = await registry.snapshot(of: room.id)?.metadata
        #expect(kept == store.rooms[room.id]?.metadata)
    }
}

@Suite("D11 an id or a name grants nothing")
struct AuthorityTests {
    @Test("A room's name is not its id")
    func names() async throws {
        let registry = RoomRegistry.sample()
        let room = try await registry.createRoom("room_00000000000000000000000000000001")
        let named = try #require(RoomID(room.name))
        #expect(await registry.room(named) == nil)
        await #expect(throws: RoomError.roomNotFound) {
            _ = try await registry.reserve(.sample(1), in: named)
        }
    }

    @Test("Knowing a member's id or client id makes nobody that member")
    func impersonation() async throws {
        let registry = RoomRegistry.sample()
        let room = try await registry.createRoom("r")
        let member = Member.sample(1)
        try await registry.confirm(try await registry.reserve(member, in: room.id))
        let forged = Member(id: member.id, clientID: "client_1", loop: 9, location: 9)
        let other = try await registry.createRoom("other")
        await #expect(throws: RoomError.clientNotFound) {
            _ = try await registry.reserve(forged, in: other.id)
        }
        #expect(await registry.leaveAll(forged).isEmpty)
        #expect(await registry.isMember(member.id, of: room.id))
        let namesake = Member(
            id: MemberID(random: 4, 4), clientID: "client_1", loop: 0, location: 4)
        #expect(await !registry.isMember(namesake.id, of: room.id))
        await #expect(throws: RoomError.notAMember) {
            try await registry.leave(namesake.id, room: room.id)
        }
    }

    @Test("A reserved seat is not a membership")
    func reservation() async throws {
        let registry = RoomRegistry.sample()
        let room = try await registry.createRoom("r")
        let member = Member.sample(1)
        let seat = try await registry.reserve(member, in: room.id)
        #expect(await !registry.isMember(member.id, of: room.id))
        #expect(await registry.members(of: room.id).isEmpty)
        #expect(await registry.rooms(of: member.id).isEmpty)
        await #expect(throws: RoomError.notAMember) {
            try await registry.leave(member.id, room: room.id)
        }
        await #expect(throws: RoomError.alreadyInRoom) {
            _ = try await registry.reserve(member, in: room.id)
        }
        try await registry.confirm(seat)
        #expect(await registry.isMember(member.id, of: room.id))
    }
}
