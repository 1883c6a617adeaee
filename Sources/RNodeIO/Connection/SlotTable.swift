/// Values in numbered slots: constant-time access, addresses that never move, slots that are used again.
///
/// Memory comes in pages of 256 slots and stays with the table. Not `Sendable`: it belongs to one loop.
@frozen
@safe
public struct SlotTable<Element: ~Copyable>: ~Copyable {
    // SAFETY: each page is an allocation of `pageSize` places, freed by `deinit` alone. A place is initialised
    // exactly when `isTaken` says so for its slot, and is reached only after `slot < isTaken.count` was checked.
    @usableFromInline
    var pages: [UnsafeMutablePointer<Element>] = unsafe []
    @usableFromInline
    var isTaken: [Bool] = []

    @inlinable
    static var pageSize: Int { 256 }

    /// A table without slots.
    public init() {}

    deinit {
        for slot in isTaken.indices where isTaken[slot] {
            unsafe (pages[slot / Self.pageSize] + slot % Self.pageSize).deinitialize(count: 1)
        }
        for number in unsafe pages.indices { unsafe pages[number].deallocate() }
    }

    /// How many slots there is memory for; all that are taken are below it.
    package var slotCount: Int { isTaken.count }

    /// Puts a value into `slot`, making room up to there. What was in the slot is destroyed.
    public mutating func put(_ element: consuming Element, at slot: UInt32) {
        while isTaken.count <= Int(slot) {
            unsafe pages.append(.allocate(capacity: Self.pageSize))
            isTaken.append(contentsOf: repeatElement(false, count: Self.pageSize))
        }
        _ = take(at: slot)
        unsafe place(of: slot).initialize(to: element)
        isTaken[Int(slot)] = true
    }

    /// Takes the value out of `slot`, if there is one.
    public mutating func take(at slot: UInt32) -> Element? {
        guard let pointer = unsafe pointer(at: slot) else { return nil }
        isTaken[Int(slot)] = false
        return unsafe pointer.move()
    }

    /// Lends the value in `slot`; nil when there is none. It must not be taken out meanwhile.
    @inlinable
    public borrowing func borrow<Result>(
        at slot: UInt32, _ body: (borrowing Element) -> Result
    ) -> Result? {
        guard let pointer = unsafe pointer(at: slot) else { return nil }
        return unsafe body(pointer.pointee)
    }

    /// Lends the value in `slot` for change; nil when there is none.
    ///
    /// `body` may use other slots of this table, but not this one.
    @inlinable
    public borrowing func update<Result>(
        at slot: UInt32, _ body: (inout Element) -> Result
    ) -> Result? {
        guard let pointer = unsafe pointer(at: slot) else { return nil }
        return unsafe body(&pointer.pointee)
    }

    /// The address of the value in `slot`, good until it is taken out; nil when there is none.
    @inlinable
    @inline(__always)
    package func pointer(at slot: UInt32) -> UnsafeMutablePointer<Element>? {
        guard Int(slot) < isTaken.count, isTaken[Int(slot)] else { return nil }
        return unsafe place(of: slot)
    }

    @inlinable
    @inline(__always)
    func place(of slot: UInt32) -> UnsafeMutablePointer<Element> {
        // Without a second test of the bounds: there is a page for each slot below `isTaken.count`.
        unsafe pages.withUnsafeBufferPointer { unsafe $0[Int(slot) / Self.pageSize] }
            + Int(slot) % Self.pageSize
    }
}
