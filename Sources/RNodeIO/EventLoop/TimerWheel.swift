/// The timers of one loop: a hierarchical wheel of 6 levels with 64 slots each, in ticks of 1 ms.
///
/// Scheduling and cancelling cost the same whatever the number of timers. A timer is never early and at
/// most one tick late. What lies beyond the wheel (2.2 years) waits in a list of its own; deadlines in
/// the past fire at the next `advance`; `.distantFuture` never comes. Time may jump as far as it likes:
/// only slots that hold timers are visited.
///
/// A timer is at the level of the highest group of six bits in which its tick differs from the present
/// one, so all timers of one tick are always in one list, in the order they were scheduled.
/// Used by its loop's thread only.
package struct TimerWheel: ~Copyable {
    private static let levels = 6
    private static let slotBits = 6
    private static let slotsPerLevel = 64
    /// The list of the timers beyond the wheel.
    private static let farList = levels * slotsPerLevel
    private static let wheelBits = UInt64(levels * slotBits)

    private var slots = TimerSlots(lists: TimerWheel.farList + 1)
    /// Which slots of a level hold timers.
    private var occupied = InlineArray<6, UInt64>(repeating: 0)
    /// No timer of the far list has an earlier tick.
    private var farEarliest = UInt64.max
    /// The tick up to which timers have fired.
    private var present: UInt64
    /// What ``nextStop()`` said; nil when the timers have changed since.
    private var knownStop: Stop??

    /// A list to be visited, and when.
    private typealias Stop = (list: Int, tick: UInt64)

    /// A wheel without timers that stands at `now`.
    package init(now: MonotonicInstant) {
        present = TimerTick.reached(at: now)
    }

    /// How many timers are scheduled.
    package var count: Int { slots.count }

    /// Whether no timer is scheduled.
    package var isEmpty: Bool { slots.count == 0 }

    /// Schedules `token` for `deadline`; ``TimerID/none`` when 2^32 - 1 timers are there already.
    package mutating func schedule(at deadline: MonotonicInstant, token: UInt64) -> TimerID {
        let tick = max(TimerTick.due(at: deadline), present)
        let list = TimerWheel.list(of: tick, from: present)
        guard let timer = slots.insert(tick: tick, token: token, list: list) else { return .none }
        mark(list, tick: tick)
        knownStop = nil
        return timer
    }

    /// Forgets a timer; false, and nothing done, when it has fired or was cancelled already.
    @discardableResult
    package mutating func cancel(_ timer: TimerID) -> Bool {
        guard let list = slots.list(of: timer) else { return false }
        slots.remove(timer)
        if slots.isEmpty(list) { unmark(list) }
        knownStop = nil
        return true
    }

    /// Appends the tokens of all timers that are due at `now` to `due`: by tick, and within a tick in the
    /// order they were scheduled. A clock that goes backwards stands still here.
    ///
    /// A token that was appended cannot be cancelled any more: whoever handles it looks whether what it
    /// stands for is still there.
    package mutating func advance(to now: MonotonicInstant, into due: inout [UInt64]) {
        let target = max(TimerTick.reached(at: now), present)
        while let stop = firstStop(), stop.tick <= target {
            present = stop.tick
            knownStop = nil
            stop.list < TimerWheel.slotsPerLevel
                ? fire(stop.list, into: &due) : spread(stop.list)
        }
        present = target
    }

    /// A moment to call ``advance(to:into:)`` at: that of the first timer, or an earlier one at which
    /// timers move to a finer level. Nil without timers.
    package var nextDeadline: MonotonicInstant? {
        mutating get { firstStop().map { TimerTick.instant(of: $0.tick) } }
    }

    // MARK: - Slots

    /// What ``nextStop()`` says, found once until the timers change.
    private mutating func firstStop() -> Stop? {
        if let knownStop { return knownStop }
        let stop = nextStop()
        knownStop = .some(stop)
        return stop
    }

    /// The first list that must be visited, and when: timers of a lower level come before all of a higher one.
    private func nextStop() -> Stop? {
        for level in 0..<TimerWheel.levels where occupied[level] != 0 {
            let slot = occupied[level].trailingZeroBitCount
            let shift = UInt64(level * TimerWheel.slotBits)
            // The level's own six bits are the slot's, those below are zero, those above are the present's.
            let above = (present >> (shift &+ 6)) << (shift &+ 6)
            let tick = max(above | UInt64(slot) << shift, present)
            return (level * TimerWheel.slotsPerLevel + slot, tick)
        }
        guard !slots.isEmpty(TimerWheel.farList) else { return nil }
        let turn = (farEarliest >> TimerWheel.wheelBits) << TimerWheel.wheelBits
        return (TimerWheel.farList, max(turn, present))
    }

    private mutating func fire(_ list: Int, into due: inout [UInt64]) {
        unmark(list)
        slots.drain(list, into: &due)
    }

    /// Moves the timers of a list to where they belong now.
    private mutating func spread(_ list: Int) {
        unmark(list)
        let present = self.present
        var place = slots.detach(list)
        while let timer = place {
            let tick = slots.tick(of: timer)
            let target = TimerWheel.list(of: tick, from: present)
            place = slots.move(timer, to: target)
            mark(target, tick: tick)
        }
    }

    private mutating func mark(_ list: Int, tick: UInt64) {
        if list < TimerWheel.farList {
            occupied[list / TimerWheel.slotsPerLevel] |= TimerWheel.bit(of: list)
        } else {
            farEarliest = min(farEarliest, tick)
        }
    }

    private mutating func unmark(_ list: Int) {
        if list < TimerWheel.farList {
            occupied[list / TimerWheel.slotsPerLevel] &= ~TimerWheel.bit(of: list)
        } else {
            farEarliest = .max
        }
    }

    private static func bit(of list: Int) -> UInt64 {
        1 << UInt64(list % slotsPerLevel)
    }

    /// The list of a tick that is not before `present`.
    private static func list(of tick: UInt64, from present: UInt64) -> Int {
        let difference = tick ^ present
        guard difference >> wheelBits == 0 else { return farList }
        let level = (63 - (difference | 63).leadingZeroBitCount) / slotBits
        let slot = Int(truncatingIfNeeded: tick >> UInt64(level * slotBits) & 63)
        return level * slotsPerLevel + slot
    }
}
