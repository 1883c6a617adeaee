/// The rooms that have members on this loop: who they are, and what is to be delivered to them.
///
/// Publications of a turn are gathered, and go out when it ends: each encoded once, one write per member, and one
/// mailbox item per other loop that has members. Changed on the loop's thread only; the registry is never asked.
final class LoopRooms {
    private var rooms: [RoomID: LoopRoom] = [:]
    /// Rooms with something to deliver, each once.
    private var pending: [LoopRoom] = []
    private let eventLoop: EventLoop
    private let core: AppCore
    private let counters: LoopCounters

    init(eventLoop: EventLoop, core: AppCore, counters: LoopCounters) {
        self.eventLoop = eventLoop
        self.core = core
        self.counters = counters
    }

    /// A room this loop knows of because members of it are here.
    func room(_ id: RoomID) -> Room? { rooms[id]?.room }

    /// How many memberships connections of this loop have.
    var membershipsCount: Int { rooms.values.reduce(0) { $0 + $1.members.count } }

    // MARK: - Members

    /// Makes a connection of this loop a member; it gets what is published from now on.
    func add(_ connection: ConnectionID, _ route: WebSocketRoute, to room: Room) {
        let local = entry(of: room)
        flush(local)
        if local.add(connection, route) { room.loopEntered(eventLoop.index) }
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

    /// Gathers a publication for all members of a room, on all loops.
    ///
    /// `encode` writes the frame for full-protocol members to the first buffer, and that for raw ones to the second.
    func publish(
        to room: Room, count: Int = 1,
        _ encode: (_ full: inout ByteBuffer, _ raw: inout ByteBuffer) -> Void
    ) {
        let local = rooms[room.id] ?? LoopRoom(room)
        if !local.hasPending { pending.append(local) }
        local.pendingCount += 1
        if count > 0 { room.published(count, at: eventLoop.wallClockMilliseconds) }
        encode(&local.full, &local.raw)
        // A turn's publications are bounded, however many there are.
        if local.full.count > Self.gatheredBytesMax { flush(local) }
    }

    private static var gatheredBytesMax: Int { 262_144 }

    /// Delivers everything gathered in this turn.
    func flushAll() {
        guard !pending.isEmpty else { return }
        var gathered: [LoopRoom] = []
        swap(&gathered, &pending)
        for local in gathered { flush(local) }
    }

    /// Delivers what `gather` publishes to a room to its members on this loop only.
    func deliverLocally(to room: Room, _ gather: () -> Void) {
        guard let local = rooms[room.id] else { return }
        flush(local)
        gather()
        flush(local, postsToOthers: false)
    }

    private func flush(_ local: LoopRoom, postsToOthers: Bool = true) {
        guard local.hasPending else { return }
        deliver(local)
        if postsToOthers { post(local) }
        local.pendingCount = 0
        local.full.removeAll()
        local.raw.removeAll()
    }

    private func deliver(_ local: LoopRoom) {
        deliver(full: local.full, raw: local.raw, to: local)
    }

    private func deliver(
        full: borrowing ByteBuffer, raw: borrowing ByteBuffer, to local: LoopRoom
    ) {
        full.withSpan { full in
            raw.withSpan { raw in
                for member in local.members {
                    let bytes = member.isRaw ? raw : full
                    var count = local.pendingCount
                    if !eventLoop.deliver(bytes, to: member.connection) {
                        // A slow member's messages may wait, each for itself.
                        guard !member.closesWhenSlow else { continue }
                        count =
                            core.loop(eventLoop.index)?.enqueue(
                                bytes, forRoomMember: member.connection) ?? 0
                    }
                    counters.routes[member.route].sent(
                        bytes: bytes.count / local.pendingCount, times: count)
                }
            }
        }
    }

    /// Passes what was gathered to the other loops that have members.
    private func post(_ local: LoopRoom) {
        let mask = local.room.loopMask
        for number in 0..<core.loopCount where number != eventLoop.index {
            guard mask & Self.bit(of: number) != 0, let other = core.loop(number) else { continue }
            let publication = local.publication()
            let isTaken = other.eventLoop.postDroppable { _ in other.rooms.deliver(publication) }
            if !isTaken { counters.failed(.slowConsumer) }
        }
    }

    /// The bit of a loop in a room's mask.
    private static func bit(of loop: Int) -> UInt64 { 1 << UInt64(truncatingIfNeeded: loop & 63) }

    /// Delivers what another loop published to the members here.
    func deliver(_ publication: Publication) {
        guard let local = rooms[publication.room] else { return }
        flush(local)
        let full = ByteBuffer(copying: publication.full.span)
        let raw = ByteBuffer(copying: publication.raw.span)
        local.pendingCount = max(publication.count, 1)
        deliver(full: full, raw: raw, to: local)
        local.pendingCount = 0
    }
}

/// Frames for a room, on their way to another loop.
struct Publication: Sendable {
    let room: RoomID
    let count: Int
    let full: [UInt8]
    let raw: [UInt8]
}

/// One room on one loop.
final class LoopRoom {
    struct Member {
        let connection: ConnectionID
        let route: Int
        let isRaw: Bool
        /// Whether the route's policy is to close slow connections, so that no message ever waits for one.
        let closesWhenSlow: Bool
    }

    let room: Room
    /// Dense, so that a delivery walks memory in order.
    private(set) var members: [Member] = []
    private var positions: [ConnectionID: Int] = [:]
    var full = ByteBuffer()
    var raw = ByteBuffer()
    /// How many messages are gathered.
    var pendingCount = 0
    var hasPending: Bool { pendingCount > 0 }

    init(_ room: Room) {
        self.room = room
    }

    var isEmpty: Bool { members.isEmpty }

    /// Adds a member; returns whether it is the first.
    func add(_ connection: ConnectionID, _ route: WebSocketRoute) -> Bool {
        guard positions[connection] == nil else { return false }
        positions[connection] = members.count
        members.append(
            Member(
                connection: connection, route: route.index, isRaw: route.isRaw,
                closesWhenSlow: route.slowConsumers.overflow == .refuse))
        return members.count == 1
    }

    /// Removes a member, putting the last one in its place; returns whether it was there.
    func remove(_ connection: ConnectionID) -> Bool {
        guard let position = positions.removeValue(forKey: connection) else { return false }
        let last = members.removeLast()
        if position < members.count {
            members[position] = last
            positions[last.connection] = position
        }
        return true
    }

    /// A copy of what is gathered, for another loop.
    func publication() -> Publication {
        Publication(
            room: room.id, count: pendingCount, full: full.copied(), raw: raw.copied())
    }
}
