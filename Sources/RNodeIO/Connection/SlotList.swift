/// Slots in the order they were named: appended to, walked by position, and emptied as a whole.
///
/// What an array would do, without asking at each append whether somebody shares it. Its memory stays with it.
@safe
struct SlotList: ~Copyable {
    // SAFETY: one allocation of `capacity` places, owned by this value; the first `count` are initialised, and only
    // those are read. Used by the loop's thread only.
    private var slots: UnsafeMutablePointer<UInt32>
    private var capacity = 64
    private(set) var count = 0

    init() {
        unsafe slots = .allocate(capacity: capacity)
    }

    deinit {
        unsafe slots.deallocate()
    }

    @inline(__always)
    mutating func append(_ slot: UInt32) {
        if count == capacity { grow() }
        unsafe (slots + count).initialize(to: slot)
        count &+= 1
    }

    /// The slot at `position`; nil past the end.
    @inline(__always)
    func slot(at position: Int) -> UInt32? {
        guard position >= 0, position < count else { return nil }
        return unsafe slots[position]
    }

    mutating func removeAll() { count = 0 }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity &* 2)
        unsafe larger.initialize(from: slots, count: count)
        unsafe slots.deallocate()
        unsafe slots = larger
        capacity &*= 2
    }
}
