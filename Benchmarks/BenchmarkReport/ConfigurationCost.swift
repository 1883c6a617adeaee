/// What the same session cost under one set of callbacks, in the event layer alone and as a whole.
package struct ConfigurationCost: Codable, Hashable, Sendable {
    /// `all`, `three` or `one`.
    package var name: String
    /// The callbacks that are set.
    package var callbacks: Int
    /// How many events of a session ran.
    package var ran: Int
    /// How many of them were kept from a callback.
    package var filtered: Int
    /// The gate, the building of events and the callbacks, for a session.
    package var layer: Measurement
    /// Everything, for a session.
    package var session: Measurement

    /// The cost of a configuration.
    package init(
        name: String, callbacks: Int, ran: Int, filtered: Int, layer: Measurement,
        session: Measurement
    ) {
        self.name = name
        self.callbacks = callbacks
        self.ran = ran
        self.filtered = filtered
        self.layer = layer
        self.session = session
    }

    /// The events of a session, run or not.
    package var events: Int { ran + filtered }

    /// The event layer's part of the whole, between 0 and 1.
    package var layerShare: Double? { Self.quotient(layer, session) }

    /// What part of the event layer's cost is saved against another configuration.
    package func layerSaved(against other: ConfigurationCost) -> Double? {
        Self.quotient(layer, other.layer).map { 1 - $0 }
    }

    /// What part of the whole cost is saved against another configuration.
    package func sessionSaved(against other: ConfigurationCost) -> Double? {
        Self.quotient(session, other.session).map { 1 - $0 }
    }

    /// One figure divided by the other: instructions where both have them, else time.
    private static func quotient(_ part: Measurement, _ whole: Measurement) -> Double? {
        if let upper = part.instructions, let lower = whole.instructions, lower > 0 {
            return upper / lower
        }
        guard let upper = part.nanoseconds?.median, let lower = whole.nanoseconds?.median,
            lower > 0
        else { return nil }
        return upper / lower
    }
}
