extension App {
    /// Serves `GET /metrics` when metrics are on, unless the user has a route of its own there.
    func addMetricsRoute(_ routes: inout AppRoutes) {
        guard configuration.metrics, !routes.hasGet("/metrics") else { return }
        let reference = AppReference(self)
        let handler = ClosureHandler { request, response in
            guard let core = reference.app?.core else { throw HTTPError(503, "Stopping") }
            await core.respondMetrics(request, response)
        }
        routes.add(.get, "/metrics", .async(handler))
    }
}

extension AppCore {
    /// Answers with Prometheus text, or the API document's JSON to who asks for JSON.
    func respondMetrics(_ request: Request, _ response: Response) async {
        let loops = loops.map(\.eventLoop)
        var snapshot = await metricsSnapshot()
        addLimits(to: &snapshot)
        var body = ByteBuffer()
        if request.fields[.accept]?.lowercased().contains("application/json") == true {
            PrometheusText.appendJSON(snapshot, to: &body)
            response.setBody(body.copied(), contentType: "application/json")
        } else {
            PrometheusText.append(snapshot, to: &body)
            PrometheusText.append(
                loops.map(\.tally), budget: loops.first?.budget, to: &body)
            response.setBody(body.copied(), contentType: PrometheusText.contentType)
        }
    }

    /// Adds the breaches that are counted elsewhere.
    func addLimits(to snapshot: inout MetricsSnapshot) {
        snapshot.add(
            loops.reduce(0) { $0 &+ $1.eventLoop.tally.refusedConnections }, of: .connectionsMax)
        snapshot.add(deflateBudget.refusals, of: .deflateContextBytesMax)
    }

    private func metricsSnapshot() async -> MetricsSnapshot {
        // Rooms may share a name; a series may not.
        var counts: [String: Int] = [:]
        if !configuration.metricsRooms.isEmpty {
            let wanted = Set(configuration.metricsRooms)
            for room in await registry.allRooms() where wanted.contains(room.name) {
                counts[room.name, default: 0] += room.connectionsCount
            }
        }
        let named = counts.sorted { $0.key < $1.key }.map { (name: $0.key, connections: $0.value) }
        return metrics.snapshot(
            rooms: registry.roomsCount, roomConnections: registry.membershipsCount,
            namedRooms: named)
    }
}

extension AppLoop {
    /// Begins to pass totals on to swift-metrics, every ten seconds.
    func startMetricsBridge() {
        guard eventLoop.index == 0, core.configuration.metrics else { return }
        bridge = MetricsBridge(routes: core.metrics.routes)
        updateMetricsBridge()
    }

    private func updateMetricsBridge() {
        bridge?.update(
            core.metrics.snapshot(
                rooms: core.registry.roomsCount, roomConnections: core.registry.membershipsCount))
        eventLoop.schedule(at: eventLoop.now.advanced(by: .seconds(10))) { [self] in
            updateMetricsBridge()
        }
    }
}
