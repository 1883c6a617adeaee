internal import Synchronization

/// What the server counts, merged over its loops on demand.
///
/// Each loop has its own counters, which only that loop raises; a scrape reads them all from
/// anywhere, without a lock and without stopping anybody. Make one when the routes are known.
final class ServerMetrics: Sendable {
    private let loops: [LoopMetrics]
    private let routes: [String]
    private let brokerRefusals = Atomic<Int>(0)

    /// Counters for so many loops.
    ///
    /// - Parameters:
    ///   - routes: the route templates; connections of any other path are counted under "".
    ///   - isDetailed: whether histograms are kept. The counters behind the app's own numbers
    ///     always are.
    init(routes: [String] = [], loops count: Int, isDetailed: Bool = true) {
        self.routes = routes + [""]
        let places = Dictionary(
            routes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        loops = (0..<max(1, count)).map { _ in
            LoopMetrics(routes: places, isDetailed: isDetailed)
        }
    }

    /// The counters that loop `number` raises. A number beyond the last gives the last loop's.
    func loop(_ number: Int) -> LoopMetrics {
        loops[min(max(0, number), loops.count - 1)]
    }

    /// The broker did not take a publication. May be called from anywhere.
    func brokerRefused() { brokerRefusals.add(1, ordering: .relaxed) }

    /// How many connections are open now.
    var connectionsActive: Int {
        // Closed first: what closes between the two reads was open before it.
        let closed = loops.reduce(0) { $1.routes.reduce($0) { $0 &+ $1.closed.value } }
        let opened = loops.reduce(0) { $1.routes.reduce($0) { $0 &+ $1.opened.value } }
        return max(0, opened &- closed)
    }

    /// How many data messages came since start.
    var messagesReceived: Int {
        loops.reduce(0) { $0 &+ $1.messagesReceived.value }
    }

    /// All numbers now. Rooms and events are counted elsewhere, and passed in.
    ///
    /// - Parameters:
    ///   - rooms: how many there are.
    ///   - roomConnections: how many memberships there are.
    ///   - events: what each route ran and skipped.
    ///   - namedRooms: members of the rooms whose names the operator gave, and of no other.
    func snapshot(
        rooms: Int, roomConnections: Int, events: [RouteExplanation] = [],
        namedRooms: [(name: String, connections: Int)] = []
    ) -> MetricsSnapshot {
        var snapshot = MetricsSnapshot(
            routes: routes.map(MetricsSnapshot.Route.init), rooms: rooms,
            roomConnections: roomConnections, events: events, namedRooms: namedRooms)
        for loop in loops { snapshot.add(loop) }
        snapshot.add(brokerRefusals.load(ordering: .relaxed), .broker)
        return snapshot
    }
}

/// What one loop counts. Raised by that loop only, read by anybody.
final class LoopMetrics: Sendable {
    /// One for each route by its place, and a last one for any other path.
    let routes: [RouteCounters]
    let messagesReceived = Count()
    let messagesSent = Count()
    let sizesReceived = SizeHistogram()
    let sizesSent = SizeHistogram()
    /// Errors by the number of their word.
    let errors = CountRow<12>()
    private let places: [String: Int]
    private let isDetailed: Bool

    init(routes places: [String: Int], isDetailed: Bool) {
        self.places = places
        self.isDetailed = isDetailed
        let count = (places.values.max() ?? -1) &+ 2
        routes = (0..<count).map { _ in RouteCounters() }
    }

    /// A connection opened on the route with this template.
    func opened(route: String) { counters(route)?.opened.raise() }

    /// A connection of this route closed that had been open for so long, where that is known.
    func closed(route: String, afterMilliseconds duration: Int? = nil) {
        let counters = counters(route)
        counters?.closed.raise()
        guard isDetailed, let duration else { return }
        counters?.durations.record(milliseconds: duration)
    }

    /// A data message came.
    func received(bytes: Int) {
        messagesReceived.raise()
        if isDetailed { sizesReceived.record(bytes) }
    }

    /// A data message went out, to so many connections.
    func sent(bytes: Int, times: Int = 1) {
        messagesSent.raise(by: times)
        if isDetailed { sizesSent.record(bytes, times: times) }
    }

    /// Something failed.
    func failed(_ word: ErrorWord) { errors.raise(word.rawValue) }

    /// Another loop's mailbox was full: a publication for its members is lost.
    func dropped() { failed(.dropped) }

    private func counters(_ route: String) -> RouteCounters? {
        places[route].map { routes[$0] } ?? routes.last
    }
}

/// The connections of one route on one loop.
final class RouteCounters: Sendable {
    let opened = Count()
    let closed = Count()
    let durations = DurationHistogram()
}

/// The fixed words that errors are counted by.
enum ErrorWord: Int, CaseIterable, Sendable {
    case server, `protocol`, control, handler, rateLimited, timeout, slowConsumer, transport
    case handshake, http, dropped, broker

    /// The label's value.
    var label: String {
        switch self {
        case .server: "server_error"
        case .protocol: "protocol_error"
        case .control: "control_error"
        case .handler: "handler_failed"
        case .rateLimited: "rate_limited"
        case .timeout: "timeout"
        case .slowConsumer: "slow_consumer"
        case .transport: "transport_error"
        case .handshake: "handshake_error"
        case .http: "http_error"
        case .dropped: "publication_dropped"
        case .broker: "broker_refused"
        }
    }
}
