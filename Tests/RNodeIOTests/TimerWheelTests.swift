import RNodeBytes
import Testing

@testable import RNodeIO

@Suite("C12 the timer wheel") struct TimerWheelTests {
    static func ms(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("A timer fires at its moment, not before, and once")
    func onTime() {
        let wheel = Wheel(now: Self.ms(0))
        var due: [UInt64] = []
        _ = wheel.schedule(at: Self.ms(5), token: 7)
        #expect(wheel.nextDeadline == Self.ms(5))
        wheel.advance(to: Self.ms(5).advanced(byNanoseconds: -1), into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: Self.ms(5), into: &due)
        #expect(due == [7])
        wheel.advance(to: Self.ms(500), into: &due)
        #expect(due == [7])
        #expect(wheel.isEmpty)
        #expect(wheel.nextDeadline == nil)
    }

    @Test("A deadline between two ticks fires at the second")
    func betweenTicks() {
        let wheel = Wheel(now: Self.ms(0))
        var due: [UInt64] = []
        _ = wheel.schedule(at: MonotonicInstant(nanoseconds: 5_000_001), token: 1)
        wheel.advance(to: MonotonicInstant(nanoseconds: 5_999_999), into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: Self.ms(6), into: &due)
        #expect(due == [1])
    }

    @Test("A deadline in the past fires at the next advance, even at the same instant")
    func past() {
        let wheel = Wheel(now: Self.ms(100))
        var due: [UInt64] = []
        _ = wheel.schedule(at: Self.ms(3), token: 1)
        _ = wheel.schedule(at: MonotonicInstant(nanoseconds: .min), token: 2)
        #expect(wheel.nextDeadline == Self.ms(100))
        wheel.advance(to: Self.ms(100), into: &due)
        #expect(due == [1, 2])
    }

    @Test("A clock that goes backwards fires nothing that is not due")
    func backwards() {
        let wheel = Wheel(now: Self.ms(100))
        var due: [UInt64] = []
        _ = wheel.schedule(at: Self.ms(101), token: 1)
        wheel.advance(to: Self.ms(5), into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: Self.ms(101), into: &due)
        #expect(due == [1])
    }

    @Test("Cancelling twice, after firing, or with the name of no timer does nothing")
    func staleNames() {
        let wheel = Wheel(now: Self.ms(0))
        var due: [UInt64] = []
        let first = wheel.schedule(at: Self.ms(5), token: 1)
        #expect(wheel.cancel(first))
        #expect(!wheel.cancel(first))
        let second = wheel.schedule(at: Self.ms(5), token: 2)
        #expect(!wheel.cancel(first), "the place was taken again")
        wheel.advance(to: Self.ms(5), into: &due)
        #expect(due == [2])
        #expect(!wheel.cancel(second))
        #expect(!wheel.cancel(.none))
        #expect(wheel.count == 0)
    }

    @Test("Random schedules, cancels and advances agree with a sorted list", arguments: 0..<4)
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var now = Self.ms(seed == 0 ? 0 : Int64(seed) * 68_719_476_736 - 1000)
        let wheel = Wheel(now: now)
        var model = SortedTimers(now: now)
        for step in 0..<30_000 {
            switch random.next() % 10 {
            case 0..<6:
                let deadline = now.advanced(byNanoseconds: random.delay())
                let timer = wheel.schedule(at: deadline, token: UInt64(step))
                model.schedule(at: deadline, token: UInt64(step), timer: timer)
            case 6..<8:
                guard let timer = model.pick(&random) else { break }
                #expect(wheel.cancel(timer) == model.cancel(timer))
            default:
                let wanted = wheel.nextDeadline.map { max($0, now) }
                now =
                    random.next() % 3 == 0
                    ? wanted ?? now : now.advanced(byNanoseconds: random.delay() / 8)
                var due: [UInt64] = []
                wheel.advance(to: now, into: &due)
                let expected = model.advance(to: now)
                guard due == expected else {
                    Issue.record("step \(step): \(due.prefix(5)) is not \(expected.prefix(5))")
                    return
                }
            }
            #expect(wheel.count == model.count)
            if let earliest = model.earliest {
                #expect((wheel.nextDeadline ?? .distantFuture) <= max(earliest, now))
            }
        }
    }

    @Test("A million timers, half of them cancelled, fire in order")
    func million() {
        var random = SplitMix(state: 42)
        let wheel = Wheel(now: Self.ms(0))
        var timers: [TimerID] = []
        var ticks: [Int64] = []
        for token in 0..<1_000_000 as Range<UInt64> {
            let tick = Int64(random.next() % 86_400_000)
            ticks.append(tick)
            timers.append(wheel.schedule(at: Self.ms(tick), token: token))
        }
        for index in stride(from: 0, to: timers.count, by: 2) { wheel.cancel(timers[index]) }
        #expect(wheel.count == 500_000)
        var due: [UInt64] = []
        for hour in 1...24 as ClosedRange<Int64> {
            wheel.advance(to: Self.ms(hour * 3_600_000), into: &due)
        }
        #expect(due.count == 500_000)
        let fired = due.map { ticks[Int($0)] }
        #expect(zip(fired, fired.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(wheel.isEmpty)
    }

    @Test("Time may jump ten years, or to the end of the clock")
    func jumps() {
        let year: Int64 = 365 * 86_400_000
        let wheel = Wheel(now: Self.ms(0))
        var due: [UInt64] = []
        for index in 0..<20 as Range<Int64> {
            _ = wheel.schedule(at: Self.ms(index * year + 17), token: UInt64(index))
        }
        for token in 0..<1000 as Range<UInt64> {
            _ = wheel.schedule(at: .distantFuture, token: 1000 + token)
        }
        wheel.advance(to: Self.ms(10 * year), into: &due)
        #expect(due == Array(0..<10))
        due = []
        wheel.advance(to: MonotonicInstant(nanoseconds: .max - 1), into: &due)
        #expect(due == Array(10..<20))
        #expect(wheel.count == 1000)
        #expect(wheel.nextDeadline.map { $0 >= Self.ms(200 * year) } == true)
        due = []
        _ = wheel.schedule(at: MonotonicInstant(nanoseconds: 5), token: 3)
        wheel.advance(to: .distantFuture, into: &due)
        #expect(due == [3], "distantFuture never comes, the past does")
    }

    @Test(
        "A wheel may start anywhere on the clock",
        arguments: [.min, -1, 0, 1, .max - 3_000_000] as [Int64])
    func starts(nanoseconds: Int64) {
        let start = MonotonicInstant(nanoseconds: nanoseconds)
        let wheel = Wheel(now: start)
        var due: [UInt64] = []
        let deadline = start.advanced(byNanoseconds: 1_500_000)
        _ = wheel.schedule(at: deadline, token: 1)
        wheel.advance(to: deadline.advanced(byNanoseconds: -1), into: &due)
        #expect(due.isEmpty)
        wheel.advance(to: deadline.advanced(byNanoseconds: 1_000_000), into: &due)
        #expect(due == [1])
    }
}
