/// The rooms that have members on this loop: who they are, and what is to be delivered to them.
///
/// Publications of a turn are gathered, those of other loops too, and go out when it ends: each encoded once, one write per
/// member whatever the number of its rooms, and one mailbox item per other loop that has members. Changed on the loop's
/// thread only; the registry is never asked.
final class LoopRooms {
    private var rooms: [RoomID: LoopRoom] = [:]
    /// Rooms with something to deliver, each once.
    // Unchecked: looked at each turn on the loop's thread, and never lent.
    @safe @exclusivity(unchecked)
    private var pending: [LoopRoom] = []
    /// Empty memory, for what is gathered while `pending` is delivered.
    // Unchecked: as above.
    @safe @exclusivity(unchecked)
    private var spare: [LoopRoom] = []
    /// Rooms that were published to in this turn, and have members on other loops only.
    private var elsewhere: [RoomID: LoopRoom] = [:]
    /// Those of earlier turns, to be used again.
    private var unused: [LoopRoom] = []
    private static let unusedMax = 8
    /// Who is a member of one of those that are delivered.
    private var marks = SlotMarks()
    /// Empty memory, for what is deflated for many.
    private var deflated = DeflatedFrames()
    private let eventLoop: EventLoop
    private let core: AppCore
    private let counters: LoopCounters
    private let deflateStreams: DeflateStreams
    private let gatheredBytesMax: Int
    /// The encodings of members here, by the number that a member keeps; 0 is none.
    private var encodings: [DeflateEncoding?] = [nil]

    init(
        eventLoop: EventLoop, core: AppCore, counters: LoopCounters, deflateStreams: DeflateStreams
    ) {
        self.eventLoop = eventLoop
        self.core = core
        self.counters = counters
        self.deflateStreams = deflateStreams
        gatheredBytesMax = core.configuration.gatheredBytesMax
    }

    /// A room this loop knows of because members of it are here.
    func room(_ id: RoomID) -> Room? { rooms[id]?.room }

    /// How many memberships connections of this loop have.
    var membershipsCount: Int { rooms.values.reduce(0) { $0 + $1.members.count } }

    // MARK: - Members

    /// Makes a connection of this loop a member; it gets what is published from now on.
    func add(
        _ connection: ConnectionID, _ route: WebSocketRoute, _ deflate: PerMessageDeflate?,
        to room: Room
    ) {
        let local = entry(of: room)
        flush(local)
        let member = LoopRoom.Member(
            connection: connection, route: route.index, isRaw: route.isRaw,
            encoding: number(of: deflate?.encoding),
            closesWhenSlow: route.slowConsumers.overflow == .refuse)
        let context = deflate.flatMap { $0.keepsContext ? $0 : nil }
        if local.add(member, context) { room.loopEntered(eventLoop.index) }
    }

    /// The number of an encoding; 0, for frames as they are, when there are too many to be numbered.
    private func number(of encoding: DeflateEncoding?) -> UInt8 {
        if let known = encodings.firstIndex(of: encoding) { return UInt8(clamping: known) }
        guard encodings.count <= Int(UInt8.max) else { return 0 }
        encodings.append(encoding)
        return UInt8(clamping: encodings.count - 1)
    }

    /// Ends a membership; what was published before is delivered first.
    func remove(_ connection: ConnectionID, from room: Room) {
        guard let local = rooms[room.id] else { return }
        flush(local)
        guard local.remove(connection), local.isEmpty else { return }
        room.loopLeft(eventLoop.index)
        rooms[room.id] = nil
    }

    private func entry(of room: Room) -> LoopRoom {
        if let known = rooms[room.id] { return known }
        let local = elsewhere.removeValue(forKey: room.id) ?? unused(for: room)
        rooms[room.id] = local
        return local
    }

    // MARK: - Publishing

    /// Whose members a publication is for.
    enum Reach {
        /// Those of all loops.
        case node
        /// Those of this loop: each other loop is given it by itself.
        case loop
    }

    /// Gathers a publication for the members of a room.
    ///
    /// `encode` writes the frame for full-protocol members to the first buffer, and that for raw ones to the second.
    /// Without `compress` it goes to all of them as it is.
    func publish(
        to room: Room, reach: Reach = .node, count: Int = 1, compress: Bool = true,
        _ encode: (_ full: inout ByteBuffer, _ raw: inout ByteBuffer) -> Void
    ) {
        if count > 0 { room.published(count, at: eventLoop.wallClockMilliseconds) }
        guard let local = rooms[room.id] ?? memberless(room, reach) else { return }
        gather(in: local, isKnown: reach == .loop, compress: compress) {
            $0.add(isKnown: reach == .loop, compress: compress, encode)
        }
    }

    /// Gathers what another loop published, for the members here.
    func deliver(_ publication: Publication) {
        guard let local = rooms[publication.room] else { return }
        gather(in: local, isKnown: true, compress: publication.compress) { $0.add(publication) }
    }

    @inline(__always)
    private func gather(
        in local: LoopRoom, isKnown: Bool, compress: Bool, _ add: (inout GatheredFrames) -> Void
    ) {
        let bytes = local.gather { gathered in
            // What other loops are to be given is of one kind, and the last that was gathered.
            if gathered.hasUnknown, isKnown || gathered.compresses != compress {
                post(gathered, of: local, [])
                gathered.becomeKnown()
            }
            add(&gathered)
            return gathered.bytesMost
        }
        if !local.isListed {
            local.isListed = true
            pending.append(local)
        }
        // A turn's publications are bounded, however many there are.
        if bytes > gatheredBytesMax { flush(local) }
    }

    // MARK: - Rooms without a member here

    /// Where to gather for the members of a room that are all elsewhere; nil without any, or when it is not for them.
    @inline(never)
    private func memberless(_ room: Room, _ reach: Reach) -> LoopRoom? {
        guard reach == .node, otherLoops(of: room) != 0 else { return nil }
        if let known = elsewhere[room.id] { return known }
        let local = unused(for: room)
        elsewhere[room.id] = local
        return local
    }

    private func unused(for room: Room) -> LoopRoom {
        guard let local = unused.popLast() else { return LoopRoom(room) }
        local.room = room
        return local
    }

    /// Keeps a few of the rooms whose publications have gone to other loops.
    @inline(never)
    private func forget(_ due: [LoopRoom]) {
        for local in due where elsewhere[local.room.id] === local && !local.hasPending {
            elsewhere[local.room.id] = nil
            if unused.count < Self.unusedMax { unused.append(local) }
        }
    }

    // MARK: - Delivering

    /// Delivers everything gathered in this turn.
    func flushAll() {
        guard !pending.isEmpty else { return }
        var due: [LoopRoom] = []
        swap(&due, &spare)
        swap(&due, &pending)
        if due.count > 1 { gatherForMembersOfMany(due) }
        for local in due {
            local.isListed = false
            flush(local)
        }
        if !elsewhere.isEmpty { forget(due) }
        due.removeAll(keepingCapacity: true)
        swap(&due, &spare)
    }

    /// Has what is delivered to members of several rooms wait for the turn's end, so that each is sent to once.
    ///
    /// Everybody else's goes from the bytes that all members share.
    @inline(never)
    private func gatherForMembersOfMany(_ due: [LoopRoom]) {
        marks.removeAll()
        for local in due where local.hasPending {
            for member in local.members where marks.mark(member.connection.slot) {
                eventLoop.gatherDeliveries(to: member.connection)
            }
        }
    }

    private func flush(_ local: LoopRoom) {
        guard local.hasPending else { return }
        // Taken out first: a slow member's key of conflation is the user's code, and what it reaches must not be lent.
        let gathered = local.takeGathered()
        var deflated = DeflatedFrames()
        swap(&deflated, &self.deflated)
        deliver(gathered, &deflated, to: local)
        if gathered.hasUnknown, otherLoops(of: local.room) != 0 {
            post(gathered, of: local, deflated.forOthers())
        }
        deflated.removeAll()
        swap(&deflated, &self.deflated)
        local.giveBack(gathered)
    }

    private func deliver(
        _ gathered: borrowing GatheredFrames, _ deflated: inout DeflatedFrames, to local: LoopRoom
    ) {
        let all = gathered.count
        gathered.full.withSpan { full in
            gathered.raw.withSpan { raw in
                for member in local.members {
                    let bytes = member.isRaw ? raw : full
                    var count = all
                    let isTaken =
                        member.encoding == 0
                        ? eventLoop.deliver(bytes, to: member.connection)
                        : deliver(gathered, &deflated, to: member, of: local)
                    if !isTaken {
                        // A slow member's messages may wait, each for itself, and not compressed.
                        guard !member.closesWhenSlow else { continue }
                        count =
                            core.loop(eventLoop.index)?.enqueue(
                                bytes, forRoomMember: member.connection) ?? 0
                    }
                    counters.routes[member.route].sent(
                        bytes: bytes.count / all, times: count)
                }
            }
        }
    }

    /// Delivers to a member with compression what all with the same encoding get.
    @inline(never)
    private func deliver(
        _ gathered: borrowing GatheredFrames, _ deflated: inout DeflatedFrames,
        to member: LoopRoom.Member, of local: LoopRoom
    ) -> Bool {
        let number = Int(member.encoding)
        guard encodings.indices.contains(number), let encoding = encodings[number] else {
            return gathered.withFrames(isRaw: member.isRaw) {
                eventLoop.deliver($0, to: member.connection)
            }
        }
        let variant = deflated.variant(as: encoding, isRaw: member.isRaw) {
            gathered.deflate(by: deflateStreams, into: $0)
        }
        guard variant.withSpan({ eventLoop.deliver($0, to: member.connection) })
        else { return false }
        if variant.isDeflated, !local.contexts.isEmpty {
            local.contexts[member.connection]?.sharedFramesSent()
        }
        return true
    }

    // MARK: - Other loops

    /// Passes what they don't know to the other loops that have members, with what was deflated of it here.
    private func post(
        _ gathered: borrowing GatheredFrames, of local: LoopRoom, _ deflated: [Publication.Variant]
    ) {
        let mask = otherLoops(of: local.room)
        guard mask != 0 else { return }
        let publication = gathered.publication(in: local.room.id, deflated)
        for number in 0..<core.loopCount where number != eventLoop.index {
            guard mask & Self.bit(of: number) != 0, let other = core.loop(number) else { continue }
            let isTaken = other.eventLoop.postDroppable { _ in other.rooms.deliver(publication) }
            if !isTaken { counters.breached(.mailboxItemsMax) }
        }
    }

    /// The bits of the other loops that have members of a room, in its mask.
    private func otherLoops(of room: Room) -> UInt64 {
        // Loops that share this one's bit are others all the same.
        core.loopCount > 64
            ? room.loopMask : room.loopMask & ~Self.bit(of: eventLoop.index)
    }

    /// The bit of a loop in a room's mask.
    private static func bit(of loop: Int) -> UInt64 { 1 << UInt64(truncatingIfNeeded: loop & 63) }
}
