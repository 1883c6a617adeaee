/// How repeated measurements of one thing lie: their median, and the half of them around it.
package struct Spread: Codable, Hashable, Sendable {
    /// As many are below it as above.
    package var median: Double
    /// A quarter of them are below it.
    package var lower: Double
    /// A quarter of them are above it.
    package var upper: Double

    /// The spread of some measurements; nil of none.
    package init?(_ measurements: [Double]) {
        let sorted = measurements.sorted()
        guard !sorted.isEmpty else { return nil }
        median = Self.quantile(0.5, of: sorted)
        lower = Self.quantile(0.25, of: sorted)
        upper = Self.quantile(0.75, of: sorted)
    }

    /// Half the distance between the quarters, as a share of the median; 0 when that is 0.
    package var share: Double {
        median == 0 ? 0 : (upper - lower) / 2 / median
    }

    /// Between two measurements it lies on the line between them.
    private static func quantile(_ part: Double, of sorted: [Double]) -> Double {
        let place = part * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
