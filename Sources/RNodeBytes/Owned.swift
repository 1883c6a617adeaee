/// A value behind one pointer, with one owner.
///
/// Moving an `Owned` moves a pointer, whatever the size of the value. Use it for the payloads of an
/// `enum: ~Copyable` whose cases are switched on the hot path: a borrow of the enum is enough to
/// update the value, and no reference is counted.
///
/// Not `Sendable`: an owned value stays with the loop that made it.
@frozen
@safe
public struct Owned<Value: ~Copyable>: ~Copyable {
    // SAFETY: allocated and initialised by `init`, freed by `deinit` or `take()`; nobody else holds it.
    @usableFromInline
    let pointer: UnsafeMutablePointer<Value>

    /// Moves `value` behind a new allocation.
    @inlinable
    public init(_ value: consuming Value) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: value)
    }

    @inlinable
    deinit {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    /// Where the value is, for as long as this owns it.
    @inlinable
    package var address: UnsafeMutablePointer<Value> { unsafe pointer }

    /// Moves the value out, and frees its place.
    @inlinable
    public consuming func take() -> Value {
        let value = unsafe pointer.move()
        unsafe pointer.deallocate()
        discard self
        return value
    }

    /// Lends the value for reading.
    @inlinable
    public borrowing func borrow<Result: ~Copyable, Failure: Error>(
        _ body: (borrowing Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(pointer.pointee)
    }

    /// Lends the value for change. `body` must not reach this same value by another way.
    @inlinable
    public borrowing func update<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(&pointer.pointee)
    }
}
