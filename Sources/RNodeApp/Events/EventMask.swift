/// A set of events, one bit each.
///
/// A route runs an event when the event's callback is set and its bit is enabled. A clear bit costs one
/// test: no event value is built and nothing is allocated.
public struct EventMask: OptionSet, Sendable, Hashable {
    /// One bit per event, by the event's raw value.
    public let rawValue: UInt16

    /// The mask with these bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The mask of one event.
    public init(_ event: WebSocketEvent) {
        rawValue = 1 << UInt16(event.rawValue)
    }

    /// All fourteen events.
    public static let all = EventMask(WebSocketEvent.allCases)

    /// The mask of some events.
    public init(_ events: some Sequence<WebSocketEvent>) {
        self = events.reduce(into: []) { $0.formUnion(EventMask($1)) }
    }

    /// The events of this mask, in their order.
    public var events: [WebSocketEvent] { WebSocketEvent.allCases.filter { contains($0) } }

    /// Whether an event's bit is set.
    public func contains(_ event: WebSocketEvent) -> Bool {
        rawValue & (1 << UInt16(event.rawValue)) != 0
    }
}
