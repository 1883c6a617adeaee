/// The rooms that have members on this loop: who they are, and what is to be delivered to them.
///
/// Publications of a turn are gathered, and go out when it ends: each encoded once, one write per member, and one
/// mailbox item per other loop that has members. Changed on the loop's thread only; the registry is never asked.
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
        let local = LoopRoom(room)
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
        let local = rooms[room.id] ?? LoopRoom(room)
        // What is not to be compressed, or not for everybody, goes alone.
        let isAlone = !compress || reach == .loop
        if isAlone { flush(local) }
        if !isAlone, !local.isListed {
            local.isListed = true
            pending.append(local)
        }
        if count > 0 { room.published(count, at: eventLoop.wallClockMilliseconds) }
        let bytes = local.gather { gathered in
            encode(&gathered.full, &gathered.raw)
            gathered.count += 1
            return max(gathered.full.count, gathered.raw.count)
        }
        // A turn's publications are bounded, however many there are.
        if isAlone || bytes > gatheredBytesMax { flush(local, to: reach, compress: compress) }
    }

    /// Delivers everything gathered in this turn.
    func flushAll() {
        guard !pending.isEmpty else { return }
        var due: [LoopRoom] = []
        swap(&due, &spare)
        swap(&due, &pending)
        for local in due {
            local.isListed = false
            flush(local)
        }
        due.removeAll(keepingCapacity: true)
        swap(&due, &spare)
    }

    private func flush(_ local: LoopRoom, to reach: Reach = .node, compress: Bool = true) {
        guard local.hasPending else { return }
        // Taken out first: a slow member's key of conflation is the user's code, and what it reaches must not be lent.
        let gathered = local.takeGathered()
        var deflated = DeflatedFrames()
        deliver(gathered, &deflated, compress, to: local)
        if reach == .node { post(gathered, of: local, deflated, compress) }
        local.giveBack(gathered)
    }

    private func deliver(
        _ gathered: borrowing LoopRoom.Gathered, _ deflated: inout DeflatedFrames,
        _ compress: Bool, to local: LoopRoom
    ) {
        let all = gathered.count
        gathered.full.withSpan { full in
            gathered.raw.withSpan { raw in
                for member in local.members {
                    let bytes = member.isRaw ? raw : full
                    var count = all
                    let isTaken =
                        member.encoding == 0 || !compress
                        ? eventLoop.deliver(bytes, to: member.connection)
                        : deliver(bytes, &deflated, to: member, of: local)
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
        _ plain: Span<UInt8>, _ deflated: inout DeflatedFrames, to member: LoopRoom.Member,
        of local: LoopRoom
    ) -> Bool {
        let number = Int(member.encoding)
        guard encodings.indices.contains(number), let encoding = encodings[number] else {
            return eventLoop.deliver(plain, to: member.connection)
        }
        let variant = deflated.variant(
            of: plain, isRaw: member.isRaw, as: encoding, by: deflateStreams)
        guard eventLoop.deliver(variant.bytes.span, to: member.connection) else { return false }
        if variant.isDeflated { local.contexts[member.connection]?.sharedFramesSent() }
        return true
    }

    /// Passes what was gathered to the other loops that have members, with what was deflated here.
    private func post(
        _ gathered: borrowing LoopRoom.Gathered, of local: LoopRoom, _ deflated: DeflatedFrames,
        _ compress: Bool
    ) {
        let mask = local.room.loopMask
        for number in 0..<core.loopCount where number != eventLoop.index {
            guard mask & Self.bit(of: number) != 0, let other = core.loop(number) else { continue }
            let publication = Publication(
                room: local.room.id, count: gathered.count, full: gathered.full.copied(),
                raw: gathered.raw.copied(), deflated: deflated, compress: compress)
            let isTaken = other.eventLoop.postDroppable { _ in other.rooms.deliver(publication) }
            if !isTaken { counters.breached(.mailboxItemsMax) }
        }
    }

    /// The bit of a loop in a room's mask.
    private static func bit(of loop: Int) -> UInt64 { 1 << UInt64(truncatingIfNeeded: loop & 63) }

    /// Delivers what another loop published to the members here.
    func deliver(_ publication: Publication) {
        guard let local = rooms[publication.room] else { return }
        flush(local)
        let gathered = LoopRoom.Gathered(
            full: ByteBuffer(copying: publication.full.span),
            raw: ByteBuffer(copying: publication.raw.span), count: max(publication.count, 1))
        var deflated = publication.deflated
        deliver(gathered, &deflated, publication.compress, to: local)
    }
}

/// Frames for a room, on their way to another loop.
struct Publication: Sendable {
    let room: RoomID
    let count: Int
    let full: [UInt8]
    let raw: [UInt8]
    /// What the loop that published had deflated for its own members.
    let deflated: DeflatedFrames
    let compress: Bool
}

/// One room on one loop.
final class LoopRoom {
    struct Member {
        let connection: ConnectionID
        let route: Int
        let isRaw: Bool
        /// The number of how it is deflated for, on this loop; 0 for not at all.
        let encoding: UInt8
        /// Whether the route's policy is to close slow connections, so that no message ever waits for one.
        let closesWhenSlow: Bool
    }

    /// What was published and not yet delivered: the frames for full-protocol members, and for raw ones.
    struct Gathered: ~Copyable {
        var full = ByteBuffer()
        var raw = ByteBuffer()
        /// How many messages they are.
        var count = 0
    }

    let room: Room
    /// Dense, so that a delivery walks memory in order.
    private(set) var members: [Member] = []
    private var positions: [ConnectionID: Int] = [:]
    /// The compression of members whose messages may refer to earlier ones: it must know what else they were sent.
    private(set) var contexts: [ConnectionID: PerMessageDeflate] = [:]
    private var gathered = Gathered()
    /// Whether it is in the list of those that are to be delivered when the turn ends.
    var isListed = false
    var hasPending: Bool { gathered.count > 0 }

    init(_ room: Room) {
        self.room = room
    }

    var isEmpty: Bool { members.isEmpty }

    /// Adds a member; returns whether it is the first.
    func add(_ member: Member, _ context: PerMessageDeflate?) -> Bool {
        guard positions[member.connection] == nil else { return false }
        positions[member.connection] = members.count
        members.append(member)
        if let context { contexts[member.connection] = context }
        return members.count == 1
    }

    /// Removes a member, putting the last one in its place; returns whether it was there.
    func remove(_ connection: ConnectionID) -> Bool {
        guard let position = positions.removeValue(forKey: connection) else { return false }
        if !contexts.isEmpty { contexts[connection] = nil }
        let last = members.removeLast()
        if position < members.count {
            members[position] = last
            positions[last.connection] = position
        }
        return true
    }

    // MARK: - What is gathered

    /// Lends it for more.
    func gather<Result>(_ body: (inout Gathered) -> Result) -> Result { body(&gathered) }

    /// Takes it out, to be delivered.
    func takeGathered() -> Gathered {
        var taken = Gathered()
        swap(&taken, &gathered)
        return taken
    }

    /// Gives the memory back of what was delivered, unless more was gathered meanwhile.
    func giveBack(_ delivered: consuming Gathered) {
        guard !hasPending else { return }
        delivered.full.removeAll()
        delivered.raw.removeAll()
        delivered.count = 0
        gathered = delivered
    }
}
