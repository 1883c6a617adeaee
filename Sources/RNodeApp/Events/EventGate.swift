internal import Synchronization

/// What a route lets through: the callbacks that are set ∧ the events that are enabled, and how often each
/// event ran or was skipped.
///
/// Read by every loop without a lock; enabled events may be changed from anywhere while the server runs.
final class EventGate: Sendable {
    /// The events whose callback is set.
    let defined: EventMask
    private let open: Atomic<UInt16>
    private let ran = EventCounters()
    private let skipped = EventCounters()

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

    /// Whether `event` is to be run; counts the answer.
    func admits(_ event: WebSocketEvent) -> Bool {
        let isOpen = mask.contains(event)
        (isOpen ? ran : skipped).count(event)
        return isOpen
    }

    /// What the route does with each event, and how often it did.
    func explanation(path: String) -> RouteExplanation {
        let mask = mask
        return RouteExplanation(
            path: path,
            events: WebSocketEvent.allCases.map { event in
                RouteExplanation.Event(
                    event: event, isDefined: defined.contains(event),
                    isEnabled: mask.contains(event), ran: ran.value(event),
                    skipped: skipped.value(event))
            })
    }
}

/// One counter per event.
private final class EventCounters: Sendable {
    private let values: InlineArray<14, Atomic<Int>>

    init() {
        values = InlineArray { _ in Atomic(0) }
    }

    func count(_ event: WebSocketEvent) {
        values[Int(event.rawValue)].add(1, ordering: .relaxed)
    }

    func value(_ event: WebSocketEvent) -> Int {
        values[Int(event.rawValue)].load(ordering: .relaxed)
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
