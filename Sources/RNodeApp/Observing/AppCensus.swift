/// What a running app still holds, counted one by one: for simulations and soaks, which expect it to be as it was.
package struct AppCensus: Hashable, Sendable {
    /// Connections whose protocol state is there.
    package var connections = 0
    /// Named connections whose last callback has not returned.
    package var livePeers = 0
    /// Memberships in the loops' tables.
    package var loopMemberships = 0
    /// Memberships in the registry.
    package var registryMemberships = 0
    /// Connections that direct messages find.
    package var directoryEntries = 0
    /// Bytes that wait to be sent.
    package var unsentBytes = 0
    /// Bytes of messages whose end has not come.
    package var unfinishedBytes = 0
    /// Bytes that compression streams of connections' own have reserved.
    package var contextBytes = 0
    /// WebSocket connections opened and closed since the start.
    package var opened = 0
    package var closed = 0
}

extension App {
    /// Counts what the app holds. Only while no loop runs a turn; nil before it listens.
    package func census() -> AppCensus? {
        guard let core else { return nil }
        var census = AppCensus()
        census.registryMemberships = core.registry.membershipsCount
        census.directoryEntries = core.directory.count
        census.contextBytes = core.deflateBudget.reservedBytes
        for loop in core.loops {
            census.livePeers += loop.livePeers
            census.unsentBytes += loop.eventLoop.unsentBytes
            census.unfinishedBytes += loop.unfinishedBytes
            census.loopMemberships += loop.rooms.membershipsCount
            for slot in 0..<UInt32(truncatingIfNeeded: loop.connections.slotCount) {
                let isThere = loop.connections.borrow(at: slot) { _ in true } ?? false
                if isThere { census.connections += 1 }
            }
        }
        let snapshot = core.metrics.snapshot(rooms: 0, roomConnections: 0)
        census.opened = snapshot.routes.reduce(0) { $0 + $1.connections }
        census.closed = snapshot.routes.reduce(0) { $0 + $1.disconnections }
        return census
    }
}
