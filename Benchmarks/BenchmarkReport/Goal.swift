/// A figure that was promised, and the one that was found.
package struct Goal: Codable, Sendable, Equatable {
    /// What is promised.
    package var promise: String
    /// The most it may be, or the least.
    package var limit: Double
    /// Whether the limit is the least.
    package var isLeast: Bool
    /// What was found; nil when it was not measured.
    package var found: Double?
    /// Whether it is held with the gates; a time never is.
    package var isHeld: Bool

    /// A figure that may be no greater than this.
    package static func atMost(
        _ limit: Double, _ promise: String, _ found: Double?, isHeld: Bool = true
    ) -> Goal {
        Goal(promise: promise, limit: limit, isLeast: false, found: found, isHeld: isHeld)
    }

    /// A figure that must be as great as this.
    package static func atLeast(
        _ limit: Double, _ promise: String, _ found: Double?, isHeld: Bool = true
    ) -> Goal {
        Goal(promise: promise, limit: limit, isLeast: true, found: found, isHeld: isHeld)
    }

    /// Whether it is met; nil when that is not known.
    package var isMet: Bool? {
        found.map { isLeast ? $0 >= limit : $0 <= limit }
    }

    /// The word for whether it is met.
    package var verdict: String {
        isMet.map { $0 ? "met" : "missed" } ?? Figure.none
    }

    /// What is wrong with a goal that is held: it is missed, or nothing was found.
    package var breach: Gates.Breach? {
        guard isHeld, isMet != true else { return nil }
        guard let found else { return Gates.Breach(name: promise, reason: "was not measured") }
        return Gates.Breach(
            name: promise,
            reason: "MISSES ITS GOAL: \(Figure.decimal(found, places: 4)), at "
                + "\(isLeast ? "least" : "most") \(Figure.text(limit))")
    }
}
