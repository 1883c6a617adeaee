import RNodeRooms
import Testing

/// D2: whatever happens in whatever order, the ledger answers what a naive model answers.
@Suite("D2 random histories against a sequential model")
struct RoomLedgerHistoryTests {
    @Test("100,000 short histories of every operation agree", arguments: 0..<4)
    func shortHistories(part: Int) throws {
        for seed in 0..<25_000 {
            try run(seed: UInt64(part * 25_000 + seed)) { history in
                for _ in 0..<24 { try history.step() }
                try history.compareEverything()
            }
        }
    }

    @Test("Long histories agree at every step")
    func longHistories() throws {
        for seed in 0..<20 {
            try run(seed: 1_000_000 + UInt64(seed)) { history in
                for _ in 0..<2_000 {
                    try history.step()
                    try history.compareEverything()
                }
            }
        }
    }

    private func run(seed: UInt64, _ body: (inout History) throws -> Void) throws {
        var history = History(seed: seed)
        do {
            try body(&history)
        } catch {
            Issue.record("seed \(seed): \(error)")
            throw error
        }
    }
}

/// One history: the ledger and the model side by side.
private struct History {
    private var random: SeededGenerator
    private var ledger: RoomLedger
    private var model: LedgerModel
    private var members: [Member]
    private var seats: [(seat: Seat, member: UInt64, number: Int)] = []
    private var begun: [(record: RoomRecord, draft: Int?)] = []
    private var removed: [RoomID] = []
    private var lastID: UInt64 = 0
    private var lastMember: UInt64 = 5

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var limits = RoomLimits()
        limits.roomsPerConnectionMax = 2
        limits.roomsPerProcessMax = 4
        limits.announcedMembersMax = 2
        ledger = RoomLedger(limits: limits)
        model = LedgerModel(limits: limits)
        members = (1...5).map { Member.sample($0) }
    }

    mutating func step() throws {
        switch random.below(20) {
        case 0, 1: try beginCreation()
        case 2, 3: try finishCreation()
        case 4: try beginRemoval()
        case 5: try endRemoval()
        case 6...10: try reserve()
        case 11...14: try confirm()
        case 15: try release()
        case 16...18: try leave()
        default: try close()
        }
    }

    // MARK: - Rooms

    private mutating func beginCreation() throws {
        let most = [nil, 1, 2, 3][random.below(4)]
        lastID += 1
        let id = lastID
        var record: RoomRecord?
        let error = roomError { () throws(RoomError) in
            record = try ledger.beginCreation(
                RoomDraft(name: "r", maxConnections: most), bits: { (0, id) }, now: 1)
        }
        try agree(error == model.creationError)
        guard let record else { return }
        begun.append((record, most))
        model.begun.append(record.id)
    }

    private mutating func finishCreation() throws {
        guard !begun.isEmpty else { return }
        let (record, most) = begun.remove(at: random.below(begun.count))
        model.begun.removeAll { $0 == record.id }
        guard random.below(4) > 0 else { return ledger.abandonCreation(record.id) }
        try agree(ledger.finishCreation(record) != nil)
        try agree(ledger.finishCreation(record) == nil)
        model.rooms.append(.init(id: record.id, maxConnections: most))
    }

    private mutating func anyRoom() -> RoomID {
        let known = model.rooms.map(\.id) + removed.suffix(1) + [RoomID(high: 9, low: 9)]
        return known[random.below(known.count)]
    }

    private mutating func beginRemoval() throws {
        let id = anyRoom()
        let page = model.page(id)
        let isOpen = page.map { !model.rooms[$0].isClosing } ?? false
        let error = roomError { () throws(RoomError) in try ledger.beginRemoval(id) }
        try agree(error == (isOpen ? nil : .roomNotFound))
        if let page { model.rooms[page].isClosing = true }
    }

    private mutating func endRemoval() throws {
        let id = anyRoom()
        let page = model.page(id)
        guard let page, model.rooms[page].isClosing else {
            return try agree(ledger.finishRemoval(id) == nil)
        }
        if random.below(4) == 0 {
            model.rooms[page].isClosing = false
            return ledger.abandonRemoval(id)
        }
        let finished = ledger.finishRemoval(id)
        let removal = try #require(finished)
        try agree(removal.members.map(\.location) == model.remove(id))
        try agree(removal.room.isRemoved)
        removed.append(id)
    }

    // MARK: - Seats

    private mutating func reserve() throws {
        let member = members[random.below(members.count)]
        let id = anyRoom()
        var seat: Seat?
        let error = roomError { () throws(RoomError) in
            seat = try ledger.reserve(member, in: id)
        }
        try agree(error == model.reserveError(member.location, id))
        guard let seat, let page = model.page(id) else { return }
        seats.append((seat, member.location, seats.count))
        model.rooms[page].places.append(
            .init(member: member.location, seat: seats.count - 1, isMember: false))
    }

    private mutating func confirm() throws {
        guard !seats.isEmpty else { return }
        let (seat, member, number) = seats[max(0, seats.count - 1 - random.below(6))]
        var admission: Admission?
        let error = roomError { () throws(RoomError) in
            admission = try ledger.confirm(seat, listingMembers: true, now: 2)
        }
        try agree(error == model.confirmError(member, seat: number, seat.room.id))
        guard let admission else { return }
        model.confirm(member, seat: number, seat.room.id)
        let expected = model.members(seat.room.id)
        try agree(admission.membersCount == expected.count)
        try agree(
            admission.clientIDs == (expected.count > 2 ? nil : expected.map { "client_\($0)" }))
    }

    private mutating func release() throws {
        guard !seats.isEmpty else { return }
        let (seat, _, number) = seats[max(0, seats.count - 1 - random.below(6))]
        try agree(ledger.release(seat) == model.release(seat: number, seat.room.id))
    }

    private mutating func leave() throws {
        let member = members[random.below(members.count)]
        let id = anyRoom()
        var departure: Departure?
        let error = roomError { () throws(RoomError) in
            departure = try ledger.leave(member.id, room: id, now: 3)
        }
        try agree(error == model.leaveError(member.location, id))
        guard let departure else { return }
        model.leave(member.location, id)
        try agree(departure.membersCount == model.members(id).count)
    }

    /// A connection closes, perhaps for a second time, and sometimes another one opens.
    private mutating func close() throws {
        let place = random.below(members.count)
        let member = members[place]
        let left = ledger.leaveAll(member, now: 4)
        try agree(left.map(\.room.id) == model.leaveAll(member.location))
        for departure in left {
            try agree(departure.membersCount == model.members(departure.room.id).count)
        }
        guard random.below(3) > 0 else { return }
        lastMember += 1
        members[place] = Member.sample(lastMember)
    }

    // MARK: - Comparing

    func compareEverything() throws {
        try agree(Set(ledger.rooms.keys) == Set(model.rooms.map(\.id)))
        try agree(Set(ledger.creating.keys) == Set(model.begun))
        let memberships = model.rooms.flatMap(\.places).count(where: \.isMember)
        try agree(ledger.membershipsCount == memberships)
        for page in model.rooms { try compare(page) }
        try agree(ledger.members.count == model.rooms.flatMap(\.places).uniqueMembersCount)
        for (id, entry) in ledger.members {
            let number = entry.member.location
            try agree(entry.rooms == model.joined[number, default: []])
            try agree(ledger.rooms(of: id).map(\.id) == entry.rooms)
            try agree(!entry.member.isGone)
            for room in entry.reserved {
                let occupant = try #require(ledger.rooms[room]?.occupants[id])
                try agree(occupant.joined == nil)
            }
            try agree(entry.rooms.count + entry.reserved.count == model.seats(of: number))
        }
    }

    private func compare(_ page: LedgerModel.RoomPage) throws {
        let entry = try #require(ledger.rooms[page.id])
        try agree(entry.isClosing == page.isClosing)
        try agree(entry.occupants.count == page.places.count)
        try agree(page.places.count <= page.maxConnections ?? .max)
        try agree(entry.membersCount == page.places.count(where: \.isMember))
        try agree(entry.membersInOrder.map(\.location) == model.members(page.id))
        for place in page.places {
            let member = MemberID(random: 0, place.member)
            try agree(ledger.isMember(member, of: page.id) == place.isMember)
        }
    }
}

extension [LedgerModel.Place] {
    fileprivate var uniqueMembersCount: Int { Set(map(\.member)).count }
}

private struct Disagreement: Error {
    let line: Int
}

/// As `#require`, but cheap enough for millions of calls.
private func agree(_ condition: Bool, line: Int = #line) throws {
    guard !condition else { return }
    throw Disagreement(line: line)
}
