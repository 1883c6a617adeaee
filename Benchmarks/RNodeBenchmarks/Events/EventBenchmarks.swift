import RNodeApp

/// Each of the fourteen events alone, with its callback and without: the gate, the building, the call.
enum EventBenchmarks {
    static func all() -> [Benchmark] {
        WebSocketEvent.allCases.flatMap { event in
            [CallbackSet.none, .all].map { callbacks in
                Benchmark(name(event, callbacks), unit: "event", countedRuns: 1_000) {
                    let site = try EventSite(callbacks)
                    try site.check([event, event])
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
    private let path: String
    private let events: EventMask

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
        path = callbacks.path
        events = callbacks.events
    }

    /// Has events happen once: `app.explain` must have counted each of them, as run or as filtered, and no other.
    func check(_ raised: [WebSocketEvent]) throws {
        let before = app.explain(path)?.events ?? []
        probe.raise(raised, times: 1)
        let after = app.explain(path)?.events ?? []
        guard after.count == WebSocketEvent.allCases.count else {
            throw BenchmarkFailure("no events are counted")
        }
        for (old, new) in zip(before, after) {
            let happened = raised.count { $0 == new.event }
            let runs = events.contains(new.event)
            guard new.ran - old.ran == (runs ? happened : 0),
                new.skipped - old.skipped == (runs ? 0 : happened)
            else {
                throw BenchmarkFailure(
                    "\(new.event) happened \(happened) times and was counted otherwise")
            }
        }
    }
}
