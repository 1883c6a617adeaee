import RNodeRooms
import Synchronization
import Testing

@Suite("Room brokers")
struct RoomBrokerTests {
    @Test("The broker of a node that is alone conforms")
    func local() async throws {
        try await RoomBrokerConformance.check { count in
            (0..<count).map { _ in LocalRoomBroker() }
        }
    }

    @Test("The broker from the documentation conforms")
    func crossing() async throws {
        try await RoomBrokerConformance.check { count in
            let crossing = Crossing()
            return (0..<count).map { _ in CrossingBroker(crossing) }
        }
    }

    @Test("Brokers that break a rule are found out", arguments: BrokenBroker.Fault.allCases)
    func broken(fault: BrokenBroker.Fault) async {
        await #expect(throws: ConformanceFailure.self, "\(fault)") {
            try await RoomBrokerConformance.check(patience: .milliseconds(20)) { count in
                let crossing = Crossing()
                return (0..<count).map { _ in BrokenBroker(crossing, fault) }
            }
        }
    }
}

// The example of `RoomBroker`'s documentation, letter for letter.
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

/// A broker that breaks one rule.
final class BrokenBroker: RoomBroker {
    enum Fault: CaseIterable {
        case echoes, duplicates, losesEmpty, changesBytes, oneRoomOnly, neverStops, takesWhenStopped
    }

    private let crossing: Crossing
    private let fault: Fault
    private let isStopped = Atomic<Bool>(false)

    init(_ crossing: Crossing, _ fault: Fault) {
        self.crossing = crossing
        self.fault = fault
    }

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        crossing.nodes.withLock { $0[ObjectIdentifier(self)] = delivery }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
        guard !isStopped.load(ordering: .relaxed) else { return fault == .takesWhenStopped }
        if fault == .losesEmpty, payload.isEmpty { return true }
        var others = crossing.nodes.withLock { $0 }
        if fault != .echoes { others[ObjectIdentifier(self)] = nil }
        let room = fault == .oneRoomOnly ? RoomID(high: 0, low: 1) : room
        for delivery in others.values {
            if fault == .changesBytes {
                let changed: [UInt8] = [0]
                delivery.deliver(changed.span, to: room)
            } else {
                delivery.deliver(payload, to: room)
                if fault == .duplicates { delivery.deliver(payload, to: room) }
            }
        }
        return true
    }

    func stop() async {
        isStopped.store(true, ordering: .relaxed)
        if fault != .neverStops { crossing.nodes.withLock { $0[ObjectIdentifier(self)] = nil } }
    }
}
