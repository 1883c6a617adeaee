internal import Synchronization

/// Where every client is: from a client's id, or a connection's, to the connections that bear it.
///
/// Asked for each direct message, by any loop: so it is no actor, but sixteen locked shards, each held for a
/// dictionary look-up only. One of the few types that own a lock (Docs/ARCHITECTURE.md names them).
final class ClientDirectory: Sendable {
    private struct Clients {
        var connections: [String: [PeerLocation]] = [:]
    }

    private struct Connections {
        var locations: [MemberID: PeerLocation] = [:]
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
        shard(of: clientID).state.withLock { state in
            state.connections[clientID, default: []].append(location)
        }
        shard(of: location.member).state.withLock { state in
            state.locations[location.member] = location
        }
    }

    func remove(_ member: MemberID, clientID: String) {
        shard(of: clientID).state.withLock { state in
            state.connections[clientID]?.removeAll { $0.member == member }
            if state.connections[clientID]?.isEmpty == true { state.connections[clientID] = nil }
        }
        shard(of: member).state.withLock { state in
            _ = state.locations.removeValue(forKey: member)
        }
    }

    /// The connections of a client, in the order they came.
    func connections(of clientID: String) -> [PeerLocation] {
        shard(of: clientID).state.withLock { $0.connections[clientID] ?? [] }
    }

    /// Where a connection is.
    func location(of member: MemberID) -> PeerLocation? {
        shard(of: member).state.withLock { $0.locations[member] }
    }

    /// How many connections can be found.
    var count: Int {
        connections.reduce(0) { $0 + $1.state.withLock { $0.locations.count } }
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
