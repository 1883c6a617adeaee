internal import Synchronization

/// A number that one loop raises and anybody reads.
///
/// With one writer a relaxed load and a relaxed store are enough: as cheap as a plain `Int`, no
/// locked instruction, and a reader sees every value whole. Two writers would lose counts.
struct Count: ~Copyable {
    private let number = Atomic<Int>(0)

    /// The number now.
    var value: Int { number.load(ordering: .relaxed) }

    /// Sets it; only the loop that owns it may.
    func set(_ value: Int) { number.store(value, ordering: .relaxed) }

    /// Raises it; only the loop that owns it may.
    func raise(by amount: Int = 1) {
        number.store(number.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}

/// A fixed row of counts.
struct CountRow<let size: Int>: ~Copyable {
    private let counts = InlineArray<size, Count> { _ in Count() }

    /// The numbers now.
    var values: [Int] { (0..<size).map { counts[$0].value } }

    /// What they add up to now.
    var sum: Int {
        var sum = 0
        for place in 0..<size { sum &+= counts[place].value }
        return sum
    }

    /// Raises the one at `place`; a place outside the row is left alone.
    @inline(always)
    func raise(_ place: Int, by amount: Int = 1) {
        guard place >= 0, place < size else { return }
        counts[place].raise(by: amount)
    }
}
