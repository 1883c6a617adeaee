extension RoomLedger {
    /// Keeps a seat in `id` for `member`; it counts at once.
    package mutating func reserve(
        _ member: Member, in id: RoomID
    ) throws(RoomError) -> Seat {
        guard !member.isGone, isKnownOrNew(member) else { throw .clientNotFound }
        let room = try openRoom(id)
        guard rooms[id]?.occupants[member.id] == nil else { throw .alreadyInRoom }
        guard seatsCount(of: member.id) < limits.roomsPerConnectionMax else {
            throw .tooManyRooms
        }
        guard rooms[id]?.isFull == false else { throw .roomFull }
        let seat = Seat(room: room, member: member, number: nextNumber())
        rooms[id]?.reserve(member, seat: seat.number)
        members[member.id, default: MemberEntry(member)].reserved.append(id)
        return seat
    }

    // No local variable holds an entry while the entry changes: its tables would be copied.

    private func isKnownOrNew(_ member: Member) -> Bool {
        guard let known = members[member.id]?.member else { return true }
        return known === member
    }

    func openRoom(_ id: RoomID) throws(RoomError) -> Room {
        guard rooms[id]?.isClosing == false, let room = rooms[id]?.room else {
            throw .roomNotFound
        }
        return room
    }

    private func seatsCount(of member: MemberID) -> Int {
        members[member]?.seatsCount ?? 0
    }

    /// Makes the holder of `seat` a member. Once it is, saying so again answers the same.
    package mutating func confirm(
        _ seat: Seat, listingMembers: Bool = false, now: Int64
    ) throws(RoomError) -> Admission {
        let id = seat.room.id
        guard rooms[id] != nil else { throw .roomNotFound }
        guard let occupant = occupant(of: seat) else {
            throw seat.member.isGone ? .clientNotFound : .notAMember
        }
        if occupant.joined == nil {
            let joined = nextNumber()
            rooms[id]?.confirm(seat.member.id, joined: joined)
            members[seat.member.id]?.confirm(id)
            membershipsCount &+= 1
            seat.room.touched(at: now)
        }
        return admission(to: seat.room, listingMembers: listingMembers)
    }

    private func occupant(of seat: Seat) -> RoomEntry.Occupant? {
        let occupant = rooms[seat.room.id]?.occupants[seat.member.id]
        return occupant?.seat == seat.number ? occupant : nil
    }

    private func admission(to room: Room, listingMembers: Bool) -> Admission {
        let count = rooms[room.id]?.membersCount ?? 0
        let isListed = listingMembers && count <= limits.announcedMembersMax
        let names = isListed ? rooms[room.id]?.membersInOrder.map(\.clientID) : nil
        return Admission(room: room, membersCount: count, clientIDs: names)
    }

    /// Gives a reserved seat back. False when there is nothing to give back: it was confirmed,
    /// released or dropped before.
    package mutating func release(_ seat: Seat) -> Bool {
        guard let occupant = occupant(of: seat), occupant.joined == nil else { return false }
        vacate(seat.room.id, by: seat.member.id)
        return true
    }

    /// Ends a membership.
    package mutating func leave(
        _ member: MemberID, room id: RoomID, now: Int64
    ) throws(RoomError) -> Departure {
        guard let room = rooms[id]?.room else { throw .roomNotFound }
        guard isMember(member, of: id) else { throw .notAMember }
        return depart(member, from: room, now: now)
    }

    /// Ends all memberships of a connection that closed, and drops the seats it had reserved.
    ///
    /// The member is gone from here on, and gets no seat any more.
    package mutating func leaveAll(_ member: Member, now: Int64) -> [Departure] {
        member.markGone()
        guard let entry = members[member.id], entry.member === member else { return [] }
        for id in entry.reserved { vacate(id, by: member.id) }
        return entry.rooms.compactMap { id in
            (rooms[id]?.room).map { depart(member.id, from: $0, now: now) }
        }
    }

    private mutating func depart(_ member: MemberID, from room: Room, now: Int64) -> Departure {
        vacate(room.id, by: member)
        membershipsCount &-= 1
        room.touched(at: now)
        return Departure(room: room, membersCount: rooms[room.id]?.membersCount ?? 0)
    }

    private mutating func vacate(_ id: RoomID, by member: MemberID) {
        rooms[id]?.vacate(member)
        forget(id, of: member)
    }

    mutating func forget(_ id: RoomID, of member: MemberID) {
        members[member]?.vacate(id)
        if members[member]?.seatsCount == 0 { members[member] = nil }
    }
}
