import RNodeBytes
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

    @Test("Brokers that break a rule are found out", arguments: BrokenBroker.Fault.allCases)
    func broken(fault: BrokenBroker.Fault) async {
        await #expect(throws: RoomConformanceFailure.self, "\(fault)") {
            try await RoomBrokerConformance.check(patience: .milliseconds(20)) { count in
                let exchange = Exchange()
                return (0..<count).map { _ in BrokenBroker(exchange, fault) }
            }
        }
    }
}

/// Where brokers of a test meet.
final class Exchange: Sendable {
    fileprivate let nodes = Guarded<[ObjectIdentifier: any RoomDelivery]>([:])
}

/// A broker that breaks one rule.
final class BrokenBroker: RoomBroker {
    enum Fault: CaseIterable {
        case echoes, duplicates, losesEmpty, changesBytes, oneRoomOnly, neverStops, takesWhenStopped
    }

    private let exchange: Exchange
    private let fault: Fault
    private let isStopped = Atomic<Bool>(false)

    init(_ exchange: Exchange, _ fault: Fault) {
        self.exchange = exchange
        self.fault = fault
    }

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        exchange.nodes.withLock { $0[ObjectIdentifier(self)] = delivery }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
        guard !isStopped.load(ordering: .relaxed) else { return fault == .takesWhenStopped }
        if fault == .losesEmpty, payload.isEmpty { return true }
        var others = exchange.nodes.withLock { $0 }
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
        if fault != .neverStops { exchange.nodes.withLock { $0[ObjectIdentifier(self)] = nil } }
    }
}
