extension RoomRegistry {
    /// Keeps a seat in a room for `member`; it counts at once.
    ///
    /// - Throws: `clientNotFound` when the member is gone, `roomNotFound`, `alreadyInRoom`,
    ///   `tooManyRooms`, or `roomFull`.
    public func reserve(_ member: Member, in room: RoomID) throws(RoomError) -> Seat {
        try ledger.reserve(member, in: room)
    }

    /// Makes the holder of `seat` a member. Doing so again answers the same and changes nothing.
    ///
    /// `listingMembers` says whether the answer should hold all members' client ids.
    ///
    /// - Throws: `roomNotFound` when the room was removed meanwhile, `clientNotFound` when the
    ///   member is gone, or `notAMember` when the seat was released.
    @discardableResult
    public func confirm(
        _ seat: Seat, listingMembers: Bool = false
    ) throws(RoomError) -> Admission {
        defer { showCounts() }
        return try ledger.confirm(seat, listingMembers: listingMembers, now: now())
    }

    /// Gives a reserved seat back.
    ///
    /// - Returns: whether there was one: a confirmed, released or dropped seat is left alone.
    @discardableResult
    public func release(_ seat: Seat) -> Bool {
        ledger.release(seat)
    }

    /// Ends a membership.
    ///
    /// - Throws: `roomNotFound`, or `notAMember` (a reserved seat is not a membership).
    @discardableResult
    public func leave(_ member: MemberID, room: RoomID) throws(RoomError) -> Departure {
        defer { showCounts() }
        return try ledger.leave(member, room: room, now: now())
    }

    /// Ends all memberships of a connection that closed, and drops its reserved seats.
    ///
    /// The member gets no seat any more, whatever is still under way for it.
    ///
    /// - Returns: the rooms it was in, in the order it joined; nothing the second time.
    @discardableResult
    public func leaveAll(_ member: Member) -> [Departure] {
        defer { showCounts() }
        return ledger.leaveAll(member, now: now())
    }
}

// MARK: - Questions

extension RoomRegistry {
    /// The shared record of a room, or nil when there is none (any more).
    public func room(_ id: RoomID) -> Room? {
        ledger.rooms[id]?.room
    }

    /// Whether a member is in a room; a reserved seat is not enough.
    public func isMember(_ member: MemberID, of room: RoomID) -> Bool {
        ledger.isMember(member, of: room)
    }

    /// The members of a room in the order they came; of an unknown room none.
    public func members(of room: RoomID) -> [Member] {
        ledger.rooms[room]?.membersInOrder ?? []
    }

    /// A room as it is now, or nil when there is none (any more).
    public func snapshot(of room: RoomID) -> RoomSnapshot? {
        ledger.snapshot(of: room)
    }

    /// All rooms in the order they were made.
    public func allRooms() -> [RoomSnapshot] {
        ledger.allRooms()
    }

    /// The rooms a member is in, in the order it joined: the last one is where it went last.
    public func rooms(of member: MemberID) -> [RoomSnapshot] {
        ledger.rooms(of: member)
    }

    /// The ids of the rooms a member is in, in the order it joined.
    public func roomIDs(of member: MemberID) -> [RoomID] {
        ledger.members[member]?.rooms ?? []
    }
}
