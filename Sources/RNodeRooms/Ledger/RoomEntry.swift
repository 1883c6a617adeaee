/// One room in the ledger: its shared record, and everybody who holds a seat in it.
package struct RoomEntry: Sendable {
    package let room: Room
    /// Rooms are listed in this order.
    package let order: UInt64
    package var metadata: [String: String]
    /// Its removal has begun: nobody new comes in, and nothing about it changes.
    package var isClosing = false
    /// Members and reserved seats: what `maxConnections` counts.
    package private(set) var occupants: [MemberID: Occupant] = [:]
    /// How many of them are members.
    package private(set) var membersCount = 0

    /// Somebody who holds a seat.
    package struct Occupant: Sendable {
        package let member: Member
        /// The number of the seat.
        package let seat: UInt64
        /// The place in the order of joins; nil while the seat is only reserved.
        package var joined: UInt64?
    }

    init(room: Room, order: UInt64, metadata: [String: String]) {
        self.room = room
        self.order = order
        self.metadata = metadata
    }

    /// Whether every seat is taken or reserved.
    var isFull: Bool {
        guard let most = room.maxConnections else { return false }
        return occupants.count >= most
    }

    /// The members in the order they joined.
    package var membersInOrder: [Member] {
        occupants.values.filter { $0.joined != nil }
            .sorted { ($0.joined ?? 0) < ($1.joined ?? 0) }
            .map(\.member)
    }

    /// What a store should remember.
    var record: RoomRecord {
        RoomRecord(
            id: room.id, name: room.name, description: room.description,
            maxConnections: room.maxConnections, metadata: metadata, createdAt: room.createdAt)
    }

    mutating func reserve(_ member: Member, seat: UInt64) {
        occupants[member.id] = Occupant(member: member, seat: seat, joined: nil)
    }

    mutating func confirm(_ member: MemberID, joined: UInt64) {
        guard occupants[member]?.joined == nil else { return }
        occupants[member]?.joined = joined
        membersCount &+= 1
    }

    mutating func vacate(_ member: MemberID) {
        guard let occupant = occupants.removeValue(forKey: member) else { return }
        if occupant.joined != nil { membersCount &-= 1 }
    }
}

/// One member in the ledger: where it sits. It is listed only while it holds a seat.
package struct MemberEntry: Sendable {
    package let member: Member
    /// The rooms it is in, in the order it joined.
    package var rooms: [RoomID] = []
    /// The rooms it has reserved seats in.
    package var reserved: [RoomID] = []

    init(_ member: Member) {
        self.member = member
    }

    /// How many seats it holds.
    var seatsCount: Int { rooms.count &+ reserved.count }

    mutating func confirm(_ room: RoomID) {
        reserved.removeAll { $0 == room }
        rooms.append(room)
    }

    mutating func vacate(_ room: RoomID) {
        rooms.removeAll { $0 == room }
        reserved.removeAll { $0 == room }
    }
}
