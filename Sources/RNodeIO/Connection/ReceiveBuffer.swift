/// The one buffer of a loop that every `receive` writes into.
///
/// Its bytes are lent to the handler for the length of one call, changed in place there (unmasking),
/// and overwritten by the next receive.
@safe
struct ReceiveBuffer: ~Copyable {
    // SAFETY: one allocation of `count` zeroed bytes, owned by this value, used by the loop's thread only.
    private let start: UnsafeMutablePointer<UInt8>
    private let count: Int

    init(count: Int) {
        self.count = max(count, 1)
        unsafe start = .allocate(capacity: self.count)
        unsafe start.initialize(repeating: 0, count: self.count)
    }

    deinit {
        unsafe start.deallocate()
    }

    /// Lends all bytes.
    @inline(__always)
    borrowing func withSpan<Result>(_ body: (inout MutableSpan<UInt8>) -> Result) -> Result {
        var span = unsafe MutableSpan(_unsafeStart: start, count: count)
        return body(&span)
    }

    /// Lends the first `count` bytes, all when there are fewer.
    @inline(__always)
    borrowing func withSpan<Result>(
        first count: Int, _ body: (inout MutableSpan<UInt8>) -> Result
    ) -> Result {
        // As a number without a sign, less than none is more than all.
        let isWithin = UInt(bitPattern: count) <= UInt(bitPattern: self.count)
        let lent = isWithin ? count : clamped(count)
        var span = unsafe MutableSpan(_unsafeStart: start, count: lent)
        return body(&span)
    }

    /// What a transport that is wrong about itself can have meant.
    @inline(never)
    private func clamped(_ count: Int) -> Int { min(max(count, 0), self.count) }
}
