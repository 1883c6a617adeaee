// A client in its rooms: coming, going, and what it publishes there.
extension WebSocketPeer {
    /// The room with this id, if the connection is in it.
    func joined(_ id: RoomID) -> Room? { rooms.first { $0.id == id } }

    /// What the registry is to know this connection as.
    func asMember() -> Member {
        if let member { return member }
        let made = Member(
            id: id, clientID: clientID, loop: loop.eventLoop.index, location: connection.rawValue)
        member = made
        return made
    }

    /// The registry admitted it: from here on it gets what is published.
    func enter(_ admission: Admission, id: MessageID?) {
        let room = admission.room
        joinsRefused = 0
        let members = route.announcesMembers ? admission.clientIDs : nil
        if members != nil {
            loop.announce(room) {
                ControlWriter.memberJoined(
                    room: room.id, clientID: clientID, at: timestamp, into: &$0)
            }
        }
        loop.rooms.add(connection, route, loop.deflate(of: connection), to: room)
        rooms.append(room)
        guard !route.isRaw else { return }
        write {
            ControlWriter.roomJoined(
                room: room.id, membersCount: admission.membersCount, members: members, id: id,
                at: timestamp, into: &$0)
        }
    }

    /// The registry let it go: nothing that is published from here on reaches it.
    func exit(_ departure: Departure, id: MessageID?) {
        let room = departure.room
        joinsRefused = 0
        rooms.removeAll { $0.id == room.id }
        loop.rooms.remove(connection, from: room)
        announceLeft([departure])
        guard !route.isRaw else { return }
        write { ControlWriter.roomLeft(room: room.id, id: id, at: timestamp, into: &$0) }
    }

    /// The room was removed under it.
    func removed(from room: RoomID) {
        guard let room = joined(room) else { return }
        rooms.removeAll { $0.id == room.id }
        loop.rooms.remove(connection, from: room)
        guard !route.isRaw else { return }
        write { ControlWriter.roomLeft(room: room.id, id: nil, at: timestamp, into: &$0) }
    }

    /// A join of the client's was refused because it is in too many rooms: after as many in a row as it may be in rooms, without
    /// a join or leave that went well between, the next ends the connection.
    func joinRefused() {
        joinsRefused += 1
        // Once: what it sent before it hears of the close is still answered.
        guard phase == .open, joinsRefused == core.registry.limits.roomsPerConnectionMax + 1
        else { return }
        let code = CloseCode.policyViolation
        close(code, reason: "too many rooms")
        raiseError("too many rooms", type: "too_many_rooms", closeCode: code.rawValue)
    }

    /// The rooms it is in, which it is in no more.
    func takeRooms() -> [Room] {
        defer { rooms = [] }
        return rooms
    }

    /// Tells those who are still in a room that this member left it; in rooms up to the limit only.
    func announceLeft(_ departures: [Departure]) {
        guard route.announcesMembers else { return }
        for departure in departures
        where departure.membersCount < core.registry.limits.announcedMembersMax {
            loop.announce(departure.room) {
                ControlWriter.memberLeft(
                    room: departure.room.id, clientID: clientID, at: timestamp, into: &$0)
            }
        }
    }

    /// Publishes a client's payload to all members of a room.
    func publish(_ json: Span<UInt8>, isString: Bool, to room: Room) {
        loop.publish(json, isString: isString, from: clientID, to: room)
    }

    /// Publishes a text of the server's code in the name of this client.
    func publish(_ message: String, compress: Bool, to roomId: String) -> Bool {
        guard let id = RoomID(roomId) else { return false }
        var quoted = ByteBuffer()
        ControlWriter.appendString(message, to: &quoted)
        if let room = joined(id) ?? loop.rooms.room(id) {
            quoted.withSpan {
                loop.publish($0, isString: true, from: clientID, compress: compress, to: room)
            }
        } else {
            let json = quoted.copied()
            return loop.publish(toUnknown: id) { [loop, clientID] room in
                loop.publish(
                    json.span, isString: true, from: clientID, compress: compress, to: room)
            }
        }
        return true
    }
}
