import RNodeBytes

@testable import RNodeIO

/// What a timer wheel must do, done naively.
struct SortedTimers {
    private struct Timer {
        var tick: Int64
        var deadline: MonotonicInstant
        var order: Int
        var token: UInt64
        var id: TimerID
    }

    private var timers: [TimerID: Timer] = [:]
    private var known: [TimerID] = []
    private var order = 0
    private var present: Int64

    init(now: MonotonicInstant) {
        present = Self.floor(now.nanoseconds)
    }

    var count: Int { timers.count }
    var earliest: MonotonicInstant? {
        timers.count < 200
            ? timers.values.map(\.tick).min().map { .init(nanoseconds: $0 * 1_000_000) } : nil
    }

    mutating func schedule(at deadline: MonotonicInstant, token: UInt64, timer: TimerID) {
        let tick = max(-Self.floor(-deadline.nanoseconds), present)
        order += 1
        timers[timer] = Timer(tick: tick, deadline: deadline, order: order, token: token, id: timer)
        known.append(timer)
    }

    mutating func cancel(_ timer: TimerID) -> Bool {
        timers.removeValue(forKey: timer) != nil
    }

    func pick(_ random: inout SplitMix) -> TimerID? {
        known.isEmpty ? nil : known[Int(random.next() % UInt64(known.count))]
    }

    mutating func advance(to now: MonotonicInstant) -> [UInt64] {
        present = max(present, Self.floor(now.nanoseconds))
        let due = timers.values.filter { $0.tick <= present }
            .sorted { ($0.tick, $0.order) < ($1.tick, $1.order) }
        for timer in due { timers[timer.id] = nil }
        return due.map(\.token)
    }

    private static func floor(_ nanoseconds: Int64) -> Int64 {
        let quotient = nanoseconds / 1_000_000
        return nanoseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }
}

/// A small generator whose sequence is the same everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From a millisecond ago to years ahead, each order of magnitude alike.
    mutating func delay() -> Int64 {
        let bits = next() % 57
        return Int64(next() & ((1 << bits) - 1)) - 1_000_000
    }
}
