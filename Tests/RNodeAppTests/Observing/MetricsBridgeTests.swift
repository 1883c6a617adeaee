import CoreMetrics
import RNodeBytes
import Testing

@testable import RNodeApp

@Suite("Totals for swift-metrics")
struct MetricsBridgeTests {
    @Test("Counters are raised by what came since, gauges are set")
    func update() throws {
        let factory = NotedMetrics()
        let metrics = ServerMetrics(routes: ["/chat"], loopCount: 1)
        var bridge = MetricsBridge(routes: ["/chat"], factory: factory)
        let loop = try #require(metrics.counters(loop: 0))
        for _ in 0..<3 { loop.routes[0].connectionOpened() }
        loop.routes[0].received(bytes: 1)
        loop.failed(.timeout)
        bridge.update(metrics.snapshot(rooms: 5, roomConnections: 8))
        loop.routes[0].connectionOpened()
        loop.routes[0].connectionClosed(afterMilliseconds: 1)
        bridge.update(metrics.snapshot(rooms: 4, roomConnections: 7))
        bridge.update(metrics.snapshot(rooms: 4, roomConnections: 7))

        let name = "rnode_server_websocket_"
        #expect(factory.value(name + "connections_total", "/chat") == 4)
        #expect(factory.value(name + "disconnections_total", "/chat") == 1)
        #expect(factory.value(name + "connections_active", "/chat") == 3)
        #expect(factory.value(name + "messages_received_total", "/chat") == 1)
        #expect(factory.value(name + "messages_sent_total", "/chat") == 0)
        #expect(factory.value(name + "rooms_total", nil) == 4)
        #expect(factory.value(name + "room_connections", nil) == 7)
        #expect(factory.value(name + "errors_total", "timeout") == 1)
        #expect(factory.value(name + "errors_total", "http") == 0)
    }
}

/// A backend that notes counters and gauges.
private final class NotedMetrics: MetricsFactory {
    private let values = Guarded<[String: Double]>([:])

    func value(_ label: String, _ dimension: String?) -> Double? {
        values.withLock { $0[key(label, dimension)] }
    }

    private func key(_ label: String, _ dimension: String?) -> String {
        label + "|" + (dimension ?? "")
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = key(label, dimensions.first?.1)
        values.withLock { $0[key] = 0 }
        return Handler { [self] amount in values.withLock { $0[key, default: 0] += amount } }
    }

    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let key = key(label, dimensions.first?.1)
        return Handler { [self] amount in values.withLock { $0[key] = amount } }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler { _ in }
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        private let note: @Sendable (Double) -> Void

        init(_ note: @escaping @Sendable (Double) -> Void) { self.note = note }

        func increment(by amount: Int64) { note(Double(amount)) }
        func reset() {}
        func record(_ value: Int64) { note(Double(value)) }
        func record(_ value: Double) { note(value) }
        func recordNanoseconds(_ duration: Int64) {}
    }
}
