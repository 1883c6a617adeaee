import BenchmarkReport
import RNodeApp
import Synchronization

/// The three configurations of the API document on the same session: the event layer alone, and all of it.
///
/// The document says that three callbacks instead of fourteen "reduce backend processing by ~60 %". Here both are measured:
/// what of the event layer is saved, and what that is of the whole.
enum ConfigurationBenchmarks {
    static func all() -> [Benchmark] {
        CallbackSet.allCases.map(layer) + CallbackSet.compared.map(session)
    }

    private static func layer(_ callbacks: CallbackSet) -> Benchmark {
        Benchmark(name("layer", callbacks), unit: "session", countedRuns: 50) {
            let site = try EventSite(callbacks)
            let events = try recordedEvents()
            try site.check(events)
            return { site.probe.raise(events, times: $0) }
        }
    }

    private static func session(_ callbacks: CallbackSet) -> Benchmark {
        Benchmark(name("session", callbacks), unit: "session", countedRuns: 20) {
            let sessions = try MixedSessions(callbacks)
            try check(sessions)
            return { count in
                for _ in 0..<count { sessions.run() }
            }
        }
    }

    /// `configuration.layer.all`
    static func name(_ part: String, _ callbacks: CallbackSet) -> String {
        "configuration.\(part).\(callbacks.rawValue)"
    }

    /// The events of a session in their order, as a route with all callbacks sees them.
    static func recordedEvents() throws -> [WebSocketEvent] {
        let seen = Record()
        let sessions = try MixedSessions(.all) { event in
            let event = event.event
            seen.events.withLock { $0.append(event) }
        }
        sessions.run()
        let events = seen.events.withLock { $0 }
        guard Set(events) == Set(WebSocketEvent.allCases) else {
            let missing = Set(WebSocketEvent.allCases).subtracting(events)
            throw BenchmarkFailure("events do not happen in the session: \(missing)")
        }
        return events
    }

    private final class Record: Sendable {
        let events = Mutex<[WebSocketEvent]>([])
    }

    /// How many events of a session ran and were filtered; throws when they are not those that the session has.
    @discardableResult
    static func check(_ sessions: MixedSessions) throws -> (ran: Int, filtered: Int) {
        let expected = try recordedEvents()
        let before = sessions.counts
        sessions.run()
        let after = sessions.counts
        var ran = 0
        var filtered = 0
        for (old, new) in zip(before, after) {
            let happened = new.ran - old.ran + new.filtered - old.filtered
            guard happened == expected.count(where: { $0 == new.event }) else {
                throw BenchmarkFailure("\(new.event) happened \(happened) times in a session")
            }
            ran += new.ran - old.ran
            filtered += new.filtered - old.filtered
        }
        guard sessions.openCount == 0, !after.isEmpty else {
            throw BenchmarkFailure("a session did not end")
        }
        return (ran, filtered)
    }

    /// What was measured, brought together; empty unless all of it was.
    static func costs(_ measurements: [Measurement]) throws -> [ConfigurationCost] {
        var costs: [ConfigurationCost] = []
        for callbacks in CallbackSet.compared {
            guard let layer = measurements.first(where: { $0.name == name("layer", callbacks) }),
                let session = measurements.first(where: { $0.name == name("session", callbacks) })
            else { return [] }
            let counts = try check(MixedSessions(callbacks))
            costs.append(
                ConfigurationCost(
                    name: callbacks.rawValue, callbacks: callbacks.events.events.count,
                    ran: counts.ran, filtered: counts.filtered, layer: layer, session: session))
        }
        return costs
    }
}
