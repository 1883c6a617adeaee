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

    @Test("A broker that delivers when it gets round to it conforms")
    func slow() async throws {
        // Long, for a busy machine: what comes earlier is not waited for.
        try await RoomBrokerConformance.check(patience: .seconds(60)) { count in
            let exchange = Exchange()
            return (0..<count).map { _ in SlowBroker(exchange) }
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
    /// Those that stopped, and what they are still to get.
    fileprivate let stopped = Guarded<[any RoomDelivery]>([])
    fileprivate let late = Guarded<[Publication]>([])
    /// What each node is still to get.
    fileprivate let queues = Guarded<[ObjectIdentifier: [Publication]]>([:])
}

/// What is delivered later.
private struct Publication: Sendable {
    let payload: [UInt8]
    let room: RoomID

    init(_ payload: Span<UInt8>, to room: RoomID) {
        var bytes: [UInt8] = []
        for index in payload.indices { bytes.append(payload[index]) }
        (self.payload, self.room) = (bytes, room)
    }

    func deliver(to delivery: any RoomDelivery) {
        delivery.deliver(payload.span, to: room)
    }
}

/// A broker that keeps every rule, and delivers on a task of its own, one publication at a time.
final class SlowBroker: RoomBroker {
    private let exchange: Exchange
    private let deliverer = Guarded<Task<Void, Never>?>(nil)

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        let (exchange, id) = (exchange, ObjectIdentifier(self))
        exchange.queues.withLock { $0[id] = [] }
        let task = Task {
            while !Task.isCancelled {
                let next = exchange.queues.withLock { queues in
                    queues[id]?.isEmpty == false ? queues[id]?.removeFirst() : nil
                }
                next?.deliver(to: delivery)
                await Task.yield()
            }
        }
        deliverer.withLock { $0 = task }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
        let publication = Publication(payload, to: room)
        return exchange.queues.withLock { queues in
            guard queues[ObjectIdentifier(self)] != nil else { return false }
            for id in queues.keys where id != ObjectIdentifier(self) {
                queues[id]?.append(publication)
            }
            return true
        }
    }

    func stop() async {
        exchange.queues.withLock { $0[ObjectIdentifier(self)] = nil }
        let task = deliverer.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}

/// A broker that breaks one rule.
final class BrokenBroker: RoomBroker {
    enum Fault: CaseIterable {
        case echoes, duplicates, losesEmpty, changesBytes, oneRoomOnly, neverStops, takesWhenStopped
        case deliversLateWhenStopped, repeatsWhenStopping
    }

    private let exchange: Exchange
    private let fault: Fault
    private let isStopped = Atomic<Bool>(false)
    private let delivery = Guarded<(any RoomDelivery)?>(nil)
    private let newest = Guarded<Publication?>(nil)

    init(_ exchange: Exchange, _ fault: Fault) {
        self.exchange = exchange
        self.fault = fault
    }

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        exchange.nodes.withLock { $0[ObjectIdentifier(self)] = delivery }
        self.delivery.withLock { $0 = delivery }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
        guard !isStopped.load(ordering: .relaxed) else { return fault == .takesWhenStopped }
        if fault == .losesEmpty, payload.isEmpty { return true }
        let publication = Publication(payload, to: room)
        newest.withLock { $0 = publication }
        if fault == .deliversLateWhenStopped { deliverLate(publication) }
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

    /// One that stopped gets each publication together with the next.
    private func deliverLate(_ publication: Publication) {
        let stopped = exchange.stopped.withLock { $0 }
        guard !stopped.isEmpty else { return }
        let late = exchange.late.withLock { late in
            defer { late = [publication] }
            return late
        }
        for delivery in stopped { for missed in late { missed.deliver(to: delivery) } }
    }

    func stop() async {
        isStopped.store(true, ordering: .relaxed)
        if fault == .repeatsWhenStopping {
            var others = exchange.nodes.withLock { $0 }
            others[ObjectIdentifier(self)] = nil
            let last = newest.withLock { $0 }
            for delivery in others.values { last?.deliver(to: delivery) }
        }
        if let delivery = delivery.withLock({ $0 }) {
            exchange.stopped.withLock { $0.append(delivery) }
        }
        if fault != .neverStops { exchange.nodes.withLock { $0[ObjectIdentifier(self)] = nil } }
    }
}
