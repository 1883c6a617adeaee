/// Checks that a `RoomBroker` keeps its promises; needs no test framework.
///
/// ```swift
/// @Test func crossingBrokerConforms() async throws {
///     try await RoomBrokerConformance.check { count in
///         let crossing = Crossing()
///         return (0..<count).map { _ in CrossingBroker(crossing) }
///     }
/// }
/// ```
///
/// A publication may be lost when a network fails; here none does, so all must arrive.
///
/// Only what must come is waited for by the clock. For what must not come no time would be long enough. Instead
/// every node publishes a marker at the end of each rule: what a node publishes arrives in its order, so whatever
/// came of the rest is there when the markers are. What comes later still is seen in the end, when all brokers
/// have stopped: after that, nothing may come.
public enum RoomBrokerConformance {
    /// Runs every check, each on new nodes.
    ///
    /// - Parameters:
    ///   - patience: how long a publication may take to arrive.
    ///   - makeNodes: gives that many brokers, not started, that can reach one another and nobody
    ///     else.
    /// - Throws: `RoomConformanceFailure` for the first rule broken, or what a broker throws.
    public static func check(
        patience: Duration = .seconds(5),
        _ makeNodes: (_ count: Int) async throws -> [any RoomBroker]
    ) async throws {
        let alone = try await Node.start(makeNodes(1))
        try await isQuietAlone(alone)
        let nodes = try await Node.start(makeNodes(3))
        if nodes.allSatisfy({ !$0.broker.reachesOtherNodes }) { return await Node.stop(nodes) }
        try await reachesOthersOnly(nodes, patience)
        try await carriesAnyBytes(nodes, patience)
        try await keepsOrder(nodes, patience)
        try await losesNothingWhenAllSpeak(nodes, patience)
        try await endsWithStop(nodes, patience)
    }

    // MARK: - Rules

    private static func isQuietAlone(_ nodes: [Node]) async throws {
        for node in nodes {
            try node.publish([1, 2, 3], to: rooms[0])
            await node.broker.stop()
            try require(
                node.delivery.notes.isEmpty, "a node does not get what it published itself",
                "a node that is alone got \(node.delivery.notes)")
        }
    }

    private static func reachesOthersOnly(_ nodes: [Node], _ patience: Duration) async throws {
        try nodes[0].publish([1], to: rooms[0])
        try nodes[0].publish([2], to: rooms[1])
        let expected = [
            NotedDelivery.Note(room: rooms[0], payload: [1]),
            NotedDelivery.Note(room: rooms[1], payload: [2]),
        ]
        for node in nodes.dropFirst() { await node.wait(for: 2, patience) }
        try await settle(nodes, patience)
        for node in nodes.dropFirst() {
            try require(
                Set(node.arrived) == Set(expected) && node.arrived.count == 2,
                "each other node gets a publication once, for its room",
                "a node got \(node.arrived)")
        }
        try require(
            nodes[0].arrived.isEmpty, "a node does not get what it published itself",
            "it got \(nodes[0].arrived)")
    }

    private static func carriesAnyBytes(_ nodes: [Node], _ patience: Duration) async throws {
        let payloads: [[UInt8]] = [
            [], Array(0...255), Array(repeating: 0x0A, count: 65_536), [0x0D, 0x0A, 0x00],
        ]
        let before = nodes[2].arrived.count
        for payload in payloads { try nodes[1].publish(payload, to: rooms[0]) }
        await nodes[2].wait(for: before + payloads.count, patience)
        try await settle(nodes, patience)
        let arrived = nodes[2].arrived.dropFirst(before).map(\.payload)
        try require(
            arrived == payloads, "a payload arrives byte for byte",
            "of \(payloads.map(\.count)) bytes there came \(arrived.map(\.count)), or others")
    }

    private static func keepsOrder(_ nodes: [Node], _ patience: Duration) async throws {
        let before = nodes[1].arrived.count
        for step in 0..<200 { try nodes[0].publish(number(step), to: rooms[2]) }
        await nodes[1].wait(for: before + 200, patience)
        try await settle(nodes, patience)
        let arrived = nodes[1].arrived.dropFirst(before).map(\.payload)
        try require(
            arrived == (0..<200).map(number), "what one node publishes arrives in its order",
            "\(arrived.count) of 200 came, or in another order")
    }

    private static func losesNothingWhenAllSpeak(
        _ nodes: [Node], _ patience: Duration
    ) async throws {
        let before = nodes.map { $0.arrived.count }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes {
                group.addTask {
                    for step in 0..<100 { try node.publish(number(step), to: rooms[0]) }
                }
            }
            try await group.waitForAll()
        }
        for (place, node) in nodes.enumerated() {
            await node.wait(for: before[place] + 200, patience)
        }
        try await settle(nodes, patience)
        for (place, node) in nodes.enumerated() {
            let arrived = node.arrived.count - before[place]
            try require(
                arrived == 200, "publications of several nodes at once all arrive",
                "\(arrived) of 200 came")
        }
    }

    private static func endsWithStop(_ nodes: [Node], _ patience: Duration) async throws {
        let others = Array(nodes.dropLast())
        let before = others.map { $0.delivery.notes.count }
        await nodes[2].broker.stop()
        let last = nodes[2].delivery.notes.count
        let witness = nodes[1].arrived.count
        try nodes[0].publish([9], to: rooms[0])
        await nodes[1].wait(for: witness + 1, patience)
        try await settle(others, patience)
        try require(
            !nodes[2].broker.publish([UInt8]([9]).span, to: rooms[0]),
            "publish gives false after stop", "it gave true")
        await Node.stop(others)
        try require(
            nodes[2].delivery.notes.count == last, "nothing is delivered after stop",
            "something was")
        // A marker at each, and what was published to one of them.
        let arrived = others.map { $0.delivery.notes.count }
        try require(
            arrived == [before[0] + 1, before[1] + 2], "stop delivers nothing again",
            "\(arrived) came in all, after \(before)")
    }

    // MARK: - Parts

    /// Publishes a marker from each node, and waits until it is at all others.
    private static func settle(_ nodes: [Node], _ patience: Duration) async throws {
        let before = nodes.map(\.markerCount)
        for node in nodes { try node.publish(marker, to: rooms[0]) }
        for (place, node) in nodes.enumerated() {
            let expected = nodes.count - 1
            await node.wait(patience) { node.markerCount >= before[place] + expected }
            let arrived = node.markerCount - before[place]
            try require(
                arrived == expected, "each other node gets a publication once",
                "of \(expected) publications of others \(arrived) came")
        }
    }

    private struct Node: Sendable {
        let broker: any RoomBroker
        let delivery = NotedDelivery()

        /// What came, but for the markers.
        var arrived: [NotedDelivery.Note] { delivery.notes.filter { $0.payload != marker } }

        var markerCount: Int { delivery.notes.count { $0.payload == marker } }

        static func start(_ brokers: [any RoomBroker]) async throws -> [Node] {
            let nodes = brokers.map { Node(broker: $0) }
            for node in nodes { try await node.broker.start(delivering: node.delivery) }
            return nodes
        }

        static func stop(_ nodes: [Node]) async {
            for node in nodes { await node.broker.stop() }
        }

        func publish(_ payload: [UInt8], to room: RoomID) throws(RoomConformanceFailure) {
            try require(
                broker.publish(payload.span, to: room), "a started broker takes a publication",
                "publish gave false")
        }

        /// Waits until that many came, but for the markers.
        func wait(for count: Int, _ patience: Duration) async {
            await wait(patience) { arrived.count >= count }
        }

        func wait(_ patience: Duration, until isThere: () -> Bool) async {
            let deadline = ContinuousClock.now + patience
            while !isThere(), ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private static func require(
        _ condition: Bool, _ rule: String, _ observed: @autoclosure () -> String
    ) throws(RoomConformanceFailure) {
        try RoomConformanceFailure.require(condition, "RoomBroker", rule, observed())
    }

    private static func number(_ value: Int) -> [UInt8] { Array("\(value)".utf8) }

    /// What no rule publishes otherwise.
    private static let marker = Array("marker".utf8)

    private static let rooms = (1...3).map { RoomID(high: 0, low: $0) }
}
