import RNodeBytes

@testable import RNodeIO

/// A timer wheel behind a reference: `#expect` takes copyable values only.
final class Wheel {
    private var wheel: TimerWheel

    init(now: MonotonicInstant) {
        wheel = TimerWheel(now: now)
    }

    var count: Int { wheel.count }
    var isEmpty: Bool { wheel.isEmpty }
    var nextDeadline: MonotonicInstant? { wheel.nextDeadline }

    @discardableResult
    func schedule(at deadline: MonotonicInstant, token: UInt64) -> TimerID {
        wheel.schedule(at: deadline, token: token)
    }

    @discardableResult
    func cancel(_ timer: TimerID) -> Bool {
        wheel.cancel(timer)
    }

    func advance(to now: MonotonicInstant, into due: inout [UInt64]) {
        wheel.advance(to: now, into: &due)
    }
}
