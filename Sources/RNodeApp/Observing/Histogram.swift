/// How often values fell below fixed bounds, and what they add up to.
struct HistogramTotals: Hashable, Sendable {
    /// The upper bounds in the unit of the metric; a last bucket without a bound follows.
    let bounds: [Double]
    /// One more number than bounds; not cumulative.
    private(set) var counts: [Int]
    /// The sum of all values in the unit of the metric.
    private(set) var sum: Double

    /// Nothing counted yet.
    init(bounds: [Double]) {
        self.init(bounds: bounds, counts: [], sum: 0)
    }

    /// Missing counts are zero.
    init(bounds: [Double], counts: [Int], sum: Double) {
        self.bounds = bounds
        self.counts = (0...bounds.count).map { counts.indices.contains($0) ? counts[$0] : 0 }
        self.sum = sum
    }

    /// How many values there were.
    var count: Int { counts.reduce(0, &+) }

    /// Adds what another loop counted with the same bounds.
    mutating func add(_ other: HistogramTotals) {
        for place in counts.indices where other.counts.indices.contains(place) {
            counts[place] &+= other.counts[place]
        }
        sum += other.sum
    }
}

/// Sizes in bytes, in buckets that are powers of four from 64 to 16,777,216.
struct SizeHistogram: ~Copyable {
    private let counts = CountRow<11>()
    private let sum = Count()

    /// How many bounds there are, at hand for each message.
    private static var boundCount: Int { 10 }

    /// The upper bounds.
    static let bounds: [Double] = (3..<(3 + boundCount)).map { Double(1 << (2 * $0)) }

    /// Counts a size, `times` over.
    @inline(always)
    func record(_ bytes: Int, times: Int = 1) {
        counts.raise(Self.bucket(of: bytes), by: times)
        sum.raise(by: bytes &* times)
    }

    /// The bucket of a size, without a comparison with each bound.
    @inline(always)
    static func bucket(of bytes: Int) -> Int {
        guard bytes > 64 else { return 0 }
        let bits = Int.bitWidth &- (bytes &- 1).leadingZeroBitCount
        return min((bits &+ 1) / 2 &- 3, boundCount)
    }

    /// How many sizes were counted.
    var count: Int { counts.sum }

    /// What was counted so far.
    var totals: HistogramTotals {
        HistogramTotals(bounds: Self.bounds, counts: counts.values, sum: Double(sum.value))
    }
}

/// Durations from a second to a day.
struct DurationHistogram: ~Copyable {
    private let counts = CountRow<10>()
    private let milliseconds = Count()

    /// The upper bounds in seconds.
    static let bounds: [Double] = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400]

    /// Counts a duration in milliseconds.
    func record(milliseconds duration: Int) {
        let seconds = Double(duration) / 1000
        counts.raise(Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count)
        milliseconds.raise(by: max(0, duration))
    }

    /// What was counted so far.
    var totals: HistogramTotals {
        HistogramTotals(
            bounds: Self.bounds, counts: counts.values, sum: Double(milliseconds.value) / 1000)
    }
}
