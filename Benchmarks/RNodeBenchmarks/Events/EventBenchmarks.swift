import RNodeApp

/// Each of the fourteen events alone, with its callback and without: the gate, the building, the call.
enum EventBenchmarks {
    static func all() -> [Benchmark] {
        WebSocketEvent.allCases.flatMap { event in
            [CallbackSet.none, .all].map { callbacks in
                Benchmark(name(event, callbacks), unit: "event", countedRuns: 1_000) {
                    let site = try EventSite(callbacks)
                    return { site.probe.raise(event, times: $0) }
                }
            }
        }
    }

    /// `event.onPing.off`, `event.onPing.on`
    static func name(_ event: WebSocketEvent, _ callbacks: CallbackSet) -> String {
        "event.\(event.name).\(callbacks == .none ? "off" : "on")"
    }
}

/// An open connection on a route with some callbacks that do nothing.
struct EventSite {
    let host: MemoryHost
    let app: App
    let probe: EventProbe

    init(_ callbacks: CallbackSet) throws {
        host = try MemoryHost()
        app = host.makeApp()
        let general = try host.run { [app] in try await app.createRoom("general") }
        app.websocket(callbacks.path) { $0.on(callbacks.events) { _ in } }
        try host.serve(app)
        let stream = try host.open(ClientBytes.upgrade(callbacks.path + "?clientId=ada"))
        stream.give(MixedStream.join(general))
        host.settle()
        let text = Array("Hello, everybody out there!".utf8)
        guard let probe = EventProbe(app, path: callbacks.path, text: text) else {
            throw BenchmarkFailure("there is no connection to probe")
        }
        self.probe = probe
    }
}
