internal import Synchronization

/// What a route lets through: the callbacks that are set ∧ the events that are enabled.
///
/// Read by every loop without a lock; enabled events may be changed from anywhere while the server runs.
final class EventGate: Sendable {
    /// The events whose callback is set.
    let defined: EventMask
    private let open: Atomic<UInt16>

    init(defined: EventMask) {
        self.defined = defined
        open = Atomic(defined.rawValue)
    }

    /// The events that run now.
    var mask: EventMask { EventMask(rawValue: open.load(ordering: .relaxed)) }

    /// Changes which events are enabled; those without a callback stay silent.
    func enable(_ events: EventMask) {
        open.store(events.intersection(defined).rawValue, ordering: .relaxed)
    }
}

/// What `app.explain(path)` answers: which events of a route run, and how often they did.
public struct RouteExplanation: Sendable, Hashable {
    /// One event of a route.
    public struct Event: Sendable, Hashable {
        /// The event.
        public let event: WebSocketEvent
        /// Whether its callback is set.
        public let isDefined: Bool
        /// Whether it runs now: its callback is set and it is enabled.
        public let isEnabled: Bool
        /// How often it ran since the start.
        public let ran: Int
        /// How often it happened and was skipped.
        public let skipped: Int
    }

    /// The route's path.
    public let path: String
    /// The fourteen events in their order.
    public let events: [Event]
}

extension RouteExplanation {
    /// What a gate lets through, and what was counted at it.
    init(path: String, gate: EventGate, ran: [Int], skipped: [Int]) {
        self.path = path
        let mask = gate.mask
        events = WebSocketEvent.allCases.map { event in
            let place = Int(event.rawValue)
            return Event(
                event: event, isDefined: gate.defined.contains(event),
                isEnabled: mask.contains(event),
                ran: ran.indices.contains(place) ? ran[place] : 0,
                skipped: skipped.indices.contains(place) ? skipped[place] : 0)
        }
    }
}
