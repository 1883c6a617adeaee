/// The memory of a ``TimerWheel``: lists of entries, linked by their places in one growing array.
///
/// List `n` holds entries in the order they were appended. A place that was freed is taken again with
/// another generation, so an old name does not reach the timer that lives there now.
struct TimerSlots: ~Copyable {
    struct Entry {
        var tick: UInt64
        var token: UInt64
        var next: UInt32
        var previous: UInt32
        var generation: UInt32
        /// The list it is in, or `TimerSlots.free`.
        var list: UInt32
    }

    private struct List {
        var first = TimerSlots.end
        var last = TimerSlots.end
    }

    /// The place past either end of a list.
    static let end = UInt32.max
    private static let free = UInt32.max

    private var entries: [Entry] = []
    private var lists: [List]
    private var firstFree = TimerSlots.end
    /// How many entries are in lists.
    private(set) var count = 0

    init(lists count: Int) {
        lists = Array(repeating: List(), count: count)
    }

    func isEmpty(_ list: Int) -> Bool {
        lists[list].first == TimerSlots.end
    }

    /// The list of a live entry; nil for a stale name.
    func list(of timer: TimerID) -> Int? {
        guard timer.index < UInt32(truncatingIfNeeded: entries.count) else { return nil }
        let entry = entries[Int(timer.index)]
        guard entry.generation == timer.generation, entry.list != TimerSlots.free else {
            return nil
        }
        return Int(entry.list)
    }

    /// A new entry at the end of `list`; nil when 2^32 - 1 timers are there already.
    mutating func insert(tick: UInt64, token: UInt64, list: Int) -> TimerID? {
        guard let place = takePlace() else { return nil }
        entries[Int(place)].tick = tick
        entries[Int(place)].token = token
        append(place, to: list)
        count &+= 1
        return TimerID(index: place, generation: entries[Int(place)].generation)
    }

    private mutating func takePlace() -> UInt32? {
        let place = firstFree
        if place != TimerSlots.end {
            firstFree = entries[Int(place)].next
            return place
        }
        guard entries.count < Int(TimerSlots.end) else { return nil }
        entries.append(
            Entry(
                tick: 0, token: 0, next: TimerSlots.end, previous: TimerSlots.end, generation: 0,
                list: TimerSlots.free))
        return UInt32(truncatingIfNeeded: entries.count &- 1)
    }

    private mutating func append(_ place: UInt32, to list: Int) {
        let last = lists[list].last
        entries[Int(place)].previous = last
        entries[Int(place)].next = TimerSlots.end
        entries[Int(place)].list = UInt32(truncatingIfNeeded: list)
        if last == TimerSlots.end {
            lists[list].first = place
        } else {
            entries[Int(last)].next = place
        }
        lists[list].last = place
    }

    /// Takes a live entry out of its list, and frees its place.
    mutating func remove(_ timer: TimerID) {
        let entry = entries[Int(timer.index)]
        let list = Int(entry.list)
        if entry.previous == TimerSlots.end {
            lists[list].first = entry.next
        } else {
            entries[Int(entry.previous)].next = entry.next
        }
        if entry.next == TimerSlots.end {
            lists[list].last = entry.previous
        } else {
            entries[Int(entry.next)].previous = entry.previous
        }
        release(timer.index)
    }

    private mutating func release(_ place: UInt32) {
        entries[Int(place)].generation &+= 1
        entries[Int(place)].list = TimerSlots.free
        entries[Int(place)].next = firstFree
        firstFree = place
        count &-= 1
    }

    /// Empties a list into `tokens`, in its order.
    mutating func drain(_ list: Int, into tokens: inout [UInt64]) {
        var place = lists[list].first
        lists[list] = List()
        while place != TimerSlots.end {
            let next = entries[Int(place)].next
            tokens.append(entries[Int(place)].token)
            release(place)
            place = next
        }
    }

    /// Empties a list, whose entries stay linked; returns the first one. ``move(_:to:)`` gives the next.
    mutating func detach(_ list: Int) -> UInt32? {
        let first = lists[list].first
        lists[list] = List()
        return first == TimerSlots.end ? nil : first
    }

    /// Appends a detached entry to a list, and returns the one that came after it.
    mutating func move(_ place: UInt32, to list: Int) -> UInt32? {
        let next = entries[Int(place)].next
        append(place, to: list)
        return next == TimerSlots.end ? nil : next
    }

    func tick(of place: UInt32) -> UInt64 {
        entries[Int(place)].tick
    }
}
