import RNodeRooms
import Testing

@Suite("The ledger")
struct RoomLedgerTests {
    private static func ledger(
        rooms: Int = 1, maxConnections: Int? = nil, _ limits: RoomLimits = RoomLimits()
    ) throws -> (RoomLedger, [RoomID]) {
        var ledger = RoomLedger(limits: limits)
        var ids: [RoomID] = []
        for number in 0..<rooms {
            let record = try ledger.beginCreation(
                RoomDraft(name: "r\(number)", maxConnections: maxConnections),
                bits: { (0, UInt64(number)) }, now: 10)
            let room = ledger.finishCreation(record)
            ids.append(try #require(room).id)
        }
        return (ledger, ids)
    }

    @Test("A seat counts from its reservation on, and once", arguments: [1, 2, 50])
    func capacity(most: Int) throws {
        var (ledger, rooms) = try Self.ledger(maxConnections: most)
        for number in 1..<most { _ = try ledger.reserve(.sample(UInt64(number)), in: rooms[0]) }
        let last = try ledger.reserve(.sample(100), in: rooms[0])
        let tooMany = roomError { () throws(RoomError) in
            try ledger.reserve(.sample(101), in: rooms[0])
        }
        #expect(tooMany == .roomFull)
        expectTrue(ledger.release(last))
        _ = try ledger.reserve(.sample(101), in: rooms[0])
    }

    @Test("A connection is in at most 128 rooms", arguments: [127, 128, 129, 1_280])
    func roomsPerConnection(count: Int) throws {
        var (ledger, rooms) = try Self.ledger(rooms: count)
        let member = Member.sample(1)
        var errors: [RoomError?] = []
        for (number, room) in rooms.enumerated() {
            errors.append(
                roomError { () throws(RoomError) in
                    let seat = try ledger.reserve(member, in: room)
                    if number % 2 == 0 { _ = try ledger.confirm(seat, now: 1) }
                })
        }
        #expect(errors.prefix(128).allSatisfy { $0 == nil })
        #expect(errors.dropFirst(128).allSatisfy { $0 == .tooManyRooms })
        _ = try? ledger.leave(member.id, room: rooms[0], now: 1)
        if count > 128 { _ = try ledger.reserve(member, in: rooms[128]) }
    }

    @Test(
        "roomsPerProcessMax: so many rooms are made, and no more", arguments: [99, 100, 101, 1_000])
    func roomsPerProcessAtItsLimit(count: Int) throws {
        var limits = RoomLimits()
        limits.roomsPerProcessMax = 100
        var ledger = RoomLedger(limits: limits)
        var errors: [RoomError?] = []
        for number in 0..<count {
            errors.append(
                roomError { () throws(RoomError) in
                    let record = try ledger.beginCreation(
                        RoomDraft(name: "r"), bits: { (2, UInt64(number)) }, now: 1)
                    // Every other one is still being made.
                    if number % 2 == 0 { _ = ledger.finishCreation(record) }
                })
        }
        #expect(errors.prefix(100).allSatisfy { $0 == nil })
        #expect(errors.dropFirst(100).allSatisfy { $0 == .tooManyRoomsInProcess })
        #expect(errors.count == count)
    }

    @Test("A process has at most so many rooms, those being made included")
    func roomsPerProcess() throws {
        var limits = RoomLimits()
        limits.roomsPerProcessMax = 3
        var (ledger, rooms) = try Self.ledger(rooms: 2, limits)
        let begun = try ledger.beginCreation(RoomDraft(name: "3"), bits: { (1, 3) }, now: 1)
        let draft = RoomDraft(name: "4")
        func error() -> RoomError? {
            var copy = ledger
            return roomError { () throws(RoomError) in
                try copy.beginCreation(draft, bits: { (1, 4) }, now: 1)
            }
        }
        #expect(error() == .tooManyRoomsInProcess)
        ledger.abandonCreation(begun.id)
        #expect(error() == nil)
        let last = try ledger.beginCreation(RoomDraft(name: "3"), bits: { (1, 3) }, now: 1)
        expectTrue(ledger.finishCreation(last) != nil)
        #expect(error() == .tooManyRoomsInProcess)
        try ledger.beginRemoval(rooms[0])
        #expect(error() == .tooManyRoomsInProcess)
        expectTrue(ledger.finishRemoval(rooms[0]) != nil)
        #expect(error() == nil)
    }

    @Test("Whichever comes first, confirm or release, counts; repetitions change nothing")
    func once() throws {
        var (ledger, rooms) = try Self.ledger()
        let (first, second) = (Member.sample(1), Member.sample(2))
        let kept = try ledger.reserve(first, in: rooms[0])
        for _ in 0..<2 { expectTrue(try ledger.confirm(kept, now: 1).membersCount == 1) }
        let kept2 = ledger.release(kept)
        #expect(!kept2)
        #expect(ledger.isMember(first.id, of: rooms[0]))
        let given = try ledger.reserve(second, in: rooms[0])
        expectTrue(ledger.release(given))
        expectTrue(!ledger.release(given))
        let late = roomError { () throws(RoomError) in try ledger.confirm(given, now: 1) }
        #expect(late == .notAMember)
    }

    @Test("A seat of an earlier stay does nothing to a later one")
    func staleSeat() throws {
        var (ledger, rooms) = try Self.ledger()
        let member = Member.sample(1)
        let old = try ledger.reserve(member, in: rooms[0])
        _ = try ledger.confirm(old, now: 1)
        _ = try ledger.leave(member.id, room: rooms[0], now: 1)
        let new = try ledger.reserve(member, in: rooms[0])
        expectTrue(!ledger.release(old))
        let stale = roomError { () throws(RoomError) in try ledger.confirm(old, now: 1) }
        #expect(stale == .notAMember)
        expectTrue(try ledger.confirm(new, now: 1).membersCount == 1)
    }

    @Test("Rooms of a member are in the order it joined, members in the order they came")
    func order() throws {
        var (ledger, rooms) = try Self.ledger(rooms: 3)
        let members = (1...3).map { Member.sample($0) }
        let late = try ledger.reserve(members[0], in: rooms[0])
        for room in [rooms[2], rooms[1]] {
            _ = try ledger.confirm(ledger.reserve(members[0], in: room), now: 1)
        }
        _ = try ledger.confirm(ledger.reserve(members[2], in: rooms[0]), now: 1)
        _ = try ledger.confirm(ledger.reserve(members[1], in: rooms[0]), now: 1)
        let admission = try ledger.confirm(late, listingMembers: true, now: 1)
        #expect(admission.clientIDs == ["client_3", "client_2", "client_1"])
        #expect(ledger.rooms(of: members[0].id).map(\.id) == [rooms[2], rooms[1], rooms[0]])
        #expect(ledger.allRooms().map(\.id) == rooms)
    }

    @Test("All members are listed up to the limit and not beyond", arguments: [99, 100, 101])
    func listing(count: Int) throws {
        var (ledger, rooms) = try Self.ledger()
        var last: Admission?
        for number in 1...count {
            let seat = try ledger.reserve(.sample(UInt64(number)), in: rooms[0])
            last = try ledger.confirm(seat, listingMembers: true, now: 1)
        }
        #expect(last?.membersCount == count)
        #expect(last?.clientIDs?.count == (count <= 100 ? count : nil))
    }

    @Test("A snapshot tells all")
    func snapshot() throws {
        var ledger = RoomLedger()
        let draft = RoomDraft(
            name: "n", description: "d", maxConnections: 7, metadata: ["k": "v"])
        let record = try ledger.beginCreation(draft, bits: { (1, 2) }, now: 50)
        #expect(ledger.snapshot(of: record.id) == nil)
        let finished = ledger.finishCreation(record)
        let room = try #require(finished)
        let member = Member.sample(1)
        let seat = try ledger.reserve(member, in: room.id)
        #expect(ledger.snapshot(of: room.id)?.connections == [])
        _ = try ledger.confirm(seat, now: 60)
        room.published(at: 55)
        let snapshot = try #require(ledger.snapshot(of: room.id))
        #expect(snapshot.id == room.id)
        #expect(snapshot.name == "n")
        #expect(snapshot.description == "d")
        #expect(snapshot.maxConnections == 7)
        #expect(snapshot.metadata == ["k": "v"])
        #expect(snapshot.connections == [member.id.description])
        #expect(snapshot.connectionsCount == 1)
        #expect(snapshot.createdAt == 50)
        #expect(snapshot.messagesCount == 1)
        #expect(snapshot.lastActivity == 60)
    }

    @Test("A source of identifiers that repeats itself is reported, not obeyed")
    func repeatedIdentifiers() throws {
        var (ledger, _) = try Self.ledger()
        let error = roomError { () throws(RoomError) in
            try ledger.beginCreation(RoomDraft(name: "r"), bits: { (0, 0) }, now: 1)
        }
        #expect(error?.errorType == "server_error")
        var next: UInt64 = 0
        let record = try ledger.beginCreation(
            RoomDraft(name: "r"),
            bits: {
                defer { next += 1 }
                return (0, next / 2)
            }, now: 1)
        #expect(record.id == RoomID(high: 0, low: 1))
    }

    @Test("Rooms expire after being empty and idle for the time to live, and no sooner")
    func expiry() throws {
        var limits = RoomLimits()
        limits.emptyRoomTimeToLive = .milliseconds(100)
        var (ledger, rooms) = try Self.ledger(rooms: 3, limits)
        let seat = try ledger.reserve(.sample(1), in: rooms[1])
        ledger.rooms[rooms[2]]?.room.published(at: 50)
        #expect(ledger.expired(now: 109) == [])
        #expect(ledger.expired(now: 110) == [rooms[0]])
        #expect(Set(ledger.expired(now: 150)) == [rooms[0], rooms[2]])
        expectTrue(ledger.release(seat))
        #expect(Set(ledger.expired(now: 150)) == Set(rooms))
        #expect(ledger.expired(now: .min) == [])
        #expect(Set(ledger.expired(now: .max)) == Set(rooms))
    }

    @Test("Without a time to live nothing expires")
    func noExpiry() throws {
        let (ledger, _) = try Self.ledger(rooms: 3)
        #expect(ledger.expired(now: .max) == [])
    }

    @Test("Restored rooms come in the order they were made; all or none")
    func adoption() throws {
        var (ledger, rooms) = try Self.ledger(rooms: 1)
        let records = [
            RoomRecord(id: RoomID(high: 5, low: 1), name: "late", createdAt: 9),
            RoomRecord(id: RoomID(high: 5, low: 2), name: "early", createdAt: 3),
            RoomRecord(id: rooms[0], name: "here already", createdAt: 1),
            RoomRecord(id: RoomID(high: 5, low: 3), name: "removed", createdAt: 1),
        ]
        let bad = records + [RoomRecord(id: RoomID(high: 5, low: 4), name: "", createdAt: 1)]
        let error = roomError { () throws(RoomError) in try ledger.adopt(bad) }
        #expect(error?.field == "name")
        #expect(ledger.rooms.count == 1)
        try ledger.adopt(records, except: [RoomID(high: 5, low: 3)])
        #expect(ledger.allRooms().map(\.name) == ["r0", "early", "late"])
    }
}
