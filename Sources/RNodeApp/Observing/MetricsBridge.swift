internal import CoreMetrics

/// Tells the totals to swift-metrics, for whatever backend the program chose there.
///
/// Kept by one owner, who calls `update` now and then; counters are raised by what came since the
/// last call.
struct MetricsBridge {
    fileprivate struct Route {
        let connections, disconnections, messagesSent, messagesReceived: Counter
        let connectionsActive: Gauge
        var last: MetricsSnapshot.Route

        init(template: String, factory: any MetricsFactory) {
            func counter(_ name: String) -> Counter {
                Counter(
                    label: MetricsBridge.prefix + name, dimensions: [("route", template)],
                    factory: factory)
            }
            connections = counter("connections_total")
            disconnections = counter("disconnections_total")
            messagesSent = counter("messages_sent_total")
            messagesReceived = counter("messages_received_total")
            connectionsActive = Gauge(
                label: MetricsBridge.prefix + "connections_active",
                dimensions: [("route", template)], factory: factory)
            last = MetricsSnapshot.Route(template: template)
        }
    }

    private static let prefix = "rnode_server_websocket_"
    private var routes: [Route]
    private let rooms: Gauge
    private let roomConnections: Gauge
    private let errors: [Counter]
    private var lastErrors = [Int](repeating: 0, count: ErrorWord.allCases.count)

    /// Handles for these route templates. Make it after `MetricsSystem.bootstrap`.
    init(routes: [String], factory: any MetricsFactory = MetricsSystem.factory) {
        self.routes = routes.map { Route(template: $0, factory: factory) }
        rooms = Gauge(label: Self.prefix + "rooms_total", dimensions: [], factory: factory)
        roomConnections = Gauge(
            label: Self.prefix + "room_connections", dimensions: [], factory: factory)
        errors = ErrorWord.allCases.map {
            Counter(
                label: Self.prefix + "errors_total", dimensions: [("kind", $0.label)],
                factory: factory)
        }
    }

    /// Raises the counters to what `snapshot` says, and sets the gauges.
    mutating func update(_ snapshot: MetricsSnapshot) {
        for place in routes.indices where snapshot.routes.indices.contains(place) {
            routes[place].update(snapshot.routes[place])
        }
        rooms.record(snapshot.rooms)
        roomConnections.record(snapshot.roomConnections)
        for place in errors.indices where snapshot.errors.indices.contains(place) {
            errors[place].increment(by: max(0, snapshot.errors[place] &- lastErrors[place]))
            lastErrors[place] = snapshot.errors[place]
        }
    }
}

extension MetricsBridge.Route {
    fileprivate mutating func update(_ now: MetricsSnapshot.Route) {
        raise(connections, from: last.connections, to: now.connections)
        raise(disconnections, from: last.disconnections, to: now.disconnections)
        raise(messagesSent, from: last.messagesSent, to: now.messagesSent)
        raise(messagesReceived, from: last.messagesReceived, to: now.messagesReceived)
        connectionsActive.record(now.connectionsActive)
        last = now
    }

    private func raise(_ counter: Counter, from last: Int, to now: Int) {
        counter.increment(by: max(0, now &- last))
    }
}
