import RNodeRooms
import Synchronization

final class Crossing: Sendable {
    fileprivate let nodes = Mutex<[ObjectIdentifier: any RoomDelivery]>([:])
}

final class CrossingBroker: RoomBroker {
    private let crossing: Crossing

    init(_ crossing: Crossing) { self.crossing = crossing }

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        crossing.nodes.withLock { $0[ObjectIdentifier(self)] = delivery }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
        var others = crossing.nodes.withLock { $0 }
        guard others.removeValue(forKey: ObjectIdentifier(self)) != nil else { return false }
        for delivery in others.values { delivery.deliver(payload, to: room) }
        return true
    }

    func stop() async {
        crossing.nodes.withLock { $0[ObjectIdentifier(self)] = nil }
    }
}
