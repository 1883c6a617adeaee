internal import Synchronization

/// Where every client is: from a client's id, or a connection's, to the connections that bear it.
///
/// Asked for each direct message, by any loop: so it is no actor, but sixteen locked shards, each held for a
/// dictionary look-up only. One of the few types that own a lock (Docs/ARCHITECTURE.md names them).
final class ClientDirectory: Sendable {
    private struct Clients {
        var connections: [String: Bearers] = [:]
    }

    private struct Connections {
        var places: [MemberID: Place] = [:]
    }

    /// The connections that bear a client's id. Most clients have one, which needs no array.
    private enum Bearers {
        case one(MemberID)
        case several([MemberID])

        var all: [MemberID] {
            switch self {
            case .one(let member): [member]
            case .several(let members): members
            }
        }

        mutating func append(_ member: MemberID) {
            switch self {
            case .one(let first): self = .several([first, member])
            case .several(var members):
                // Let go first: two holders of an array would copy it.
                self = .one(member)
                members.append(member)
                self = .several(members)
            }
        }
    }

    /// A `PeerLocation` without what the key says: each connection pays for one, and for the table's room beside it.
    private struct Place {
        let connection: ConnectionID
        let loop: Int32
        let isRaw: Bool
    }

    private let clients: [Shard<Clients>]
    private let connections: [Shard<Connections>]

    /// A lock with an address of its own.
    private final class Shard<State: Sendable>: Sendable {
        let state: Guarded<State>

        init(_ state: sending State) {
            self.state = Guarded(state)
        }
    }

    init() {
        clients = (0..<16).map { _ in Shard(Clients()) }
        connections = (0..<16).map { _ in Shard(Connections()) }
    }

    func add(_ location: PeerLocation, clientID: String) {
        let member = location.member
        shard(of: member).state.withLock { state in
            state.places[member] = Place(
                connection: location.connection, loop: Int32(truncatingIfNeeded: location.loop),
                isRaw: location.isRaw)
        }
        shard(of: clientID).state.withLock { state in
            if state.connections[clientID]?.append(member) == nil {
                state.connections[clientID] = .one(member)
            }
        }
    }

    func remove(_ member: MemberID, clientID: String) {
        shard(of: clientID).state.withLock { state in
            let others = state.connections[clientID]?.all.filter { $0 != member } ?? []
            if let other = others.first {
                state.connections[clientID] = others.count == 1 ? .one(other) : .several(others)
            } else {
                state.connections[clientID] = nil
            }
        }
        shard(of: member).state.withLock { state in
            _ = state.places.removeValue(forKey: member)
        }
    }

    /// Whether a client has a connection.
    func hasConnection(_ clientID: String) -> Bool {
        shard(of: clientID).state.withLock { $0.connections[clientID] != nil }
    }

    /// Tells where each connection of a client is, in the order they came; no lock is held meanwhile.
    func forEachConnection(of clientID: String, _ body: (PeerLocation) -> Void) {
        switch shard(of: clientID).state.withLock({ $0.connections[clientID] }) {
        case nil: return
        case .one(let member): location(of: member).map(body)
        case .several(let members):
            for member in members { location(of: member).map(body) }
        }
    }

    /// Where a connection is.
    func location(of member: MemberID) -> PeerLocation? {
        shard(of: member).state.withLock { $0.places[member] }.map {
            PeerLocation(
                member: member, loop: Int($0.loop), connection: $0.connection, isRaw: $0.isRaw)
        }
    }

    /// How many connections can be found.
    var count: Int {
        connections.reduce(0) { $0 + $1.state.withLock { $0.places.count } }
    }

    private func shard(of clientID: String) -> Shard<Clients> {
        clients[clientID.hashValue & 15]
    }

    private func shard(of member: MemberID) -> Shard<Connections> {
        connections[Int(truncatingIfNeeded: member.low & 15)]
    }
}

/// Where a connection is: its loop, and its name there.
struct PeerLocation: Sendable {
    let member: MemberID
    let loop: Int
    let connection: ConnectionID
    let isRaw: Bool
}
