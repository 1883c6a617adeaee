import RNodeRooms

/// The rooms as a child would keep them: lists, searched from end to end, nothing clever.
///
/// What the ledger must answer, written down a second time in another way.
struct LedgerModel {
    struct Place {
        var member: UInt64
        var seat: Int
        var isMember: Bool
    }

    struct RoomPage {
        var id: RoomID
        var maxConnections: Int?
        var isClosing = false
        /// In the order of joins; reserved seats anywhere among them.
        var places: [Place] = []
    }

    var rooms: [RoomPage] = []
    var begun: [RoomID] = []
    var gone: Set<UInt64> = []
    /// For each member the rooms in the order it joined.
    var joined: [UInt64: [RoomID]] = [:]
    let limits: RoomLimits

    init(limits: RoomLimits) { self.limits = limits }

    func page(_ id: RoomID) -> Int? { rooms.firstIndex { $0.id == id } }

    var creationError: RoomError? {
        rooms.count + begun.count >= limits.roomsPerProcessMax ? .tooManyRoomsInProcess : nil
    }

    func seats(of member: UInt64) -> Int {
        rooms.reduce(0) { $0 + $1.places.count(where: { $0.member == member }) }
    }

    func reserveError(_ member: UInt64, _ id: RoomID) -> RoomError? {
        if gone.contains(member) { return .clientNotFound }
        guard let page = page(id), !rooms[page].isClosing else { return .roomNotFound }
        let places = rooms[page].places
        if places.contains(where: { $0.member == member }) { return .alreadyInRoom }
        if seats(of: member) >= limits.roomsPerConnectionMax { return .tooManyRooms }
        if let most = rooms[page].maxConnections, places.count >= most { return .roomFull }
        return nil
    }

    func confirmError(_ member: UInt64, seat: Int, _ id: RoomID) -> RoomError? {
        guard let page = page(id) else { return .roomNotFound }
        if rooms[page].places.contains(where: { $0.seat == seat }) { return nil }
        return gone.contains(member) ? .clientNotFound : .notAMember
    }

    mutating func confirm(_ member: UInt64, seat: Int, _ id: RoomID) {
        guard let page = page(id),
            let place = rooms[page].places.firstIndex(where: { $0.seat == seat }),
            !rooms[page].places[place].isMember
        else { return }
        var entry = rooms[page].places.remove(at: place)
        entry.isMember = true
        rooms[page].places.append(entry)
        joined[member, default: []].append(id)
    }

    mutating func release(seat: Int, _ id: RoomID) -> Bool {
        guard let page = page(id),
            let place = rooms[page].places.firstIndex(where: { $0.seat == seat && !$0.isMember })
        else { return false }
        rooms[page].places.remove(at: place)
        return true
    }

    func leaveError(_ member: UInt64, _ id: RoomID) -> RoomError? {
        guard page(id) != nil else { return .roomNotFound }
        return isMember(member, id) ? nil : .notAMember
    }

    func isMember(_ member: UInt64, _ id: RoomID) -> Bool {
        members(id).contains(member)
    }

    func members(_ id: RoomID) -> [UInt64] {
        page(id).map { rooms[$0].places.filter(\.isMember).map(\.member) } ?? []
    }

    mutating func leave(_ member: UInt64, _ id: RoomID) {
        guard let page = page(id) else { return }
        rooms[page].places.removeAll { $0.member == member }
        joined[member]?.removeAll { $0 == id }
    }

    mutating func leaveAll(_ member: UInt64) -> [RoomID] {
        gone.insert(member)
        let left = joined[member] ?? []
        for page in rooms { leave(member, page.id) }
        return left
    }

    mutating func remove(_ id: RoomID) -> [UInt64] {
        let members = members(id)
        for member in Set(rooms.flatMap(\.places).map(\.member)) {
            joined[member]?.removeAll { $0 == id }
        }
        rooms.removeAll { $0.id == id }
        return members
    }
}
