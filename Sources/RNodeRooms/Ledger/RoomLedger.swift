// Rooms                                     Seats of one member in one room
//
//   beginCreation → finishCreation            reserve → confirm → leave
//                 → abandonCreation                   → release
//   beginRemoval  → finishRemoval             finishRemoval and leaveAll end any of them.
//                 → abandonRemoval
//
// What begins and finishes has a store's answer in between, and anything may happen meanwhile:
// each second half looks again at what is there.

/// The book of rooms and members: a value that takes requests and the time, and does nothing else.
///
/// It calls no clock, no store and no random source, and never waits; `RoomRegistry` is an actor
/// around it. At the end of every call: a room's seats and its members' seats are the same seats,
/// no room has more seats than `maxConnections`, and nobody who is gone holds one.
package struct RoomLedger: Sendable {
    package let limits: RoomLimits
    package internal(set) var rooms: [RoomID: RoomEntry] = [:]
    package internal(set) var members: [MemberID: MemberEntry] = [:]
    /// Rooms that count already and that a store has yet to accept, with their order.
    package internal(set) var creating: [RoomID: UInt64] = [:]
    /// How many memberships there are, over all rooms.
    package internal(set) var membershipsCount = 0
    private var lastNumber: UInt64 = 0

    package init(limits: RoomLimits = RoomLimits()) {
        self.limits = limits
    }

    mutating func nextNumber() -> UInt64 {
        // 64 bits outlast any process.
        lastNumber &+= 1
        return lastNumber
    }
}

// MARK: - Rooms

extension RoomLedger {
    /// Checks a draft, keeps a place for the room, and gives what a store should remember of it.
    ///
    /// `bits` is asked for an id until it gives an unused one; a source that repeats itself eight
    /// times is reported.
    package mutating func beginCreation(
        _ draft: RoomDraft, bits: () -> (UInt64, UInt64), now: Int64
    ) throws(RoomError) -> RoomRecord {
        try draft.validate(limits)
        guard rooms.count &+ creating.count < limits.roomsPerProcessMax else {
            throw .tooManyRoomsInProcess
        }
        let id = try unusedID(bits)
        creating[id] = nextNumber()
        return RoomRecord(
            id: id, name: draft.name, description: draft.description,
            maxConnections: draft.maxConnections, metadata: draft.metadata, createdAt: now)
    }

    private func unusedID(_ bits: () -> (UInt64, UInt64)) throws(RoomError) -> RoomID {
        for _ in 0..<8 {
            let (high, low) = bits()
            let id = RoomID(high: high, low: low)
            if rooms[id] == nil, creating[id] == nil { return id }
        }
        throw .serverError(cause: "the source of identifiers repeats itself")
    }

    /// Makes the room that was begun, or gives nil when it was not.
    package mutating func finishCreation(_ record: RoomRecord) -> Room? {
        guard let order = creating.removeValue(forKey: record.id) else { return nil }
        return insert(record, order: order)
    }

    /// Forgets a creation that failed.
    package mutating func abandonCreation(_ id: RoomID) {
        creating[id] = nil
    }

    private mutating func insert(_ record: RoomRecord, order: UInt64) -> Room {
        let room = Room(
            id: record.id, name: record.name, description: record.description,
            maxConnections: record.maxConnections, createdAt: record.createdAt)
        rooms[record.id] = RoomEntry(room: room, order: order, metadata: record.metadata)
        return room
    }

    /// Makes rooms of what a store remembered, all or none; rooms that are here stay as they are.
    package mutating func adopt(
        _ records: [RoomRecord], except removed: Set<RoomID> = []
    ) throws(RoomError) {
        var fresh: [RoomID: RoomRecord] = [:]
        for record in records where isUnknown(record.id) && !removed.contains(record.id) {
            try RoomDraft(record).validate(limits)
            fresh[record.id] = record
        }
        guard rooms.count &+ creating.count &+ fresh.count <= limits.roomsPerProcessMax else {
            throw .tooManyRoomsInProcess
        }
        let order = fresh.values.sorted {
            ($0.createdAt, $0.id.high, $0.id.low) < ($1.createdAt, $1.id.high, $1.id.low)
        }
        for record in order { _ = insert(record, order: nextNumber()) }
    }

    private func isUnknown(_ id: RoomID) -> Bool {
        rooms[id] == nil && creating[id] == nil
    }

    /// Shuts a room to newcomers and changes while a store forgets it.
    package mutating func beginRemoval(_ id: RoomID) throws(RoomError) {
        _ = try openRoom(id)
        rooms[id]?.isClosing = true
    }

    /// Removes the room whose removal began, with all its seats.
    package mutating func finishRemoval(_ id: RoomID) -> RoomRemoval? {
        guard let entry = rooms[id], entry.isClosing else { return nil }
        rooms[id] = nil
        membershipsCount &-= entry.membersCount
        entry.room.markRemoved()
        for member in entry.occupants.keys { forget(id, of: member) }
        return RoomRemoval(room: entry.room, members: entry.membersInOrder)
    }

    /// Opens a room again that a store could not forget.
    package mutating func abandonRemoval(_ id: RoomID) {
        rooms[id]?.isClosing = false
    }

    /// What a store should remember once the room's metadata is `metadata`.
    package func record(
        of id: RoomID, metadata: [String: String]
    ) throws(RoomError) -> RoomRecord {
        guard let entry = rooms[id], !entry.isClosing else { throw .roomNotFound }
        try RoomDraft.validate(metadata: metadata, limits)
        var record = entry.record
        record.metadata = metadata
        return record
    }

    /// Notes metadata that a store accepted; without effect when the room went meanwhile.
    package mutating func setMetadata(_ id: RoomID, _ metadata: [String: String]) {
        rooms[id]?.metadata = metadata
    }

    /// Rooms without a seat taken in which nothing happened for the time to live.
    package func expired(now: Int64) -> [RoomID] {
        guard limits.emptyRoomTimeToLive != nil else { return [] }
        return rooms.keys.filter { isExpired($0, now: now) }
    }

    /// Whether this room may go because nobody uses it.
    package func isExpired(_ id: RoomID, now: Int64) -> Bool {
        guard let life = limits.emptyRoomTimeToLive, let entry = rooms[id],
            entry.occupants.isEmpty, !entry.isClosing
        else { return false }
        let (idle, overflow) = now.subtractingReportingOverflow(entry.room.lastActivity)
        return !overflow && Duration.milliseconds(idle) >= life
    }
}

// MARK: - Questions

extension RoomLedger {
    /// Whether `member` is in the room; a reserved seat is not enough.
    package func isMember(_ member: MemberID, of id: RoomID) -> Bool {
        rooms[id]?.occupants[member]?.joined != nil
    }

    /// The room as it is now.
    package func snapshot(of id: RoomID) -> RoomSnapshot? {
        rooms[id].map(RoomSnapshot.init)
    }

    /// All rooms, in the order they were made.
    package func allRooms() -> [RoomSnapshot] {
        rooms.values.sorted { $0.order < $1.order }.map(RoomSnapshot.init)
    }

    /// The rooms a member is in, in the order it joined.
    package func rooms(of member: MemberID) -> [RoomSnapshot] {
        (members[member]?.rooms ?? []).compactMap { snapshot(of: $0) }
    }
}
