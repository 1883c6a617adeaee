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

    /// Another one only while there is neither a member nor anything gathered.
    var room: Room
    /// Dense, so that a delivery walks memory in order.
    private(set) var members: [Member] = []
    private var positions: [ConnectionID: Int] = [:]
    /// The compression of members whose messages may refer to earlier ones: it must know what else they were sent.
    private(set) var contexts: [ConnectionID: PerMessageDeflate] = [:]
    private var gathered = GatheredFrames()
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
    func gather<Result>(_ body: (inout GatheredFrames) -> Result) -> Result { body(&gathered) }

    /// Takes it out, to be delivered.
    func takeGathered() -> GatheredFrames {
        var taken = GatheredFrames()
        swap(&taken, &gathered)
        return taken
    }

    /// Gives the memory back of what was delivered, unless more was gathered meanwhile.
    func giveBack(_ delivered: consuming GatheredFrames) {
        guard !hasPending else { return }
        delivered.removeAll()
        gathered = delivered
    }
}
