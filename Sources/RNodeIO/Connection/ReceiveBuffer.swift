/// The one buffer of a loop that every `receive` writes into.
///
/// Its bytes are lent to the handler for the length of one call, changed in place there (unmasking),
/// and overwritten by the next receive.
@safe
struct ReceiveBuffer: ~Copyable {
    // SAFETY: one allocation of `count` zeroed bytes, owned by this value, used by the loop's thread only.
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(count: Int) {
        unsafe bytes = .allocate(capacity: max(count, 1))
        unsafe bytes.initialize(repeating: 0)
    }

    deinit {
        unsafe bytes.deallocate()
    }

    /// Lends all bytes.
    @inline(__always)
    borrowing func withSpan<Result>(_ body: (inout MutableSpan<UInt8>) -> Result) -> Result {
        var span = unsafe MutableSpan(_unsafeElements: bytes)
        return body(&span)
    }

    /// Lends the first `count` bytes, all when there are fewer.
    @inline(__always)
    borrowing func withSpan<Result>(
        first count: Int, _ body: (inout MutableSpan<UInt8>) -> Result
    ) -> Result {
        let lent = unsafe min(max(count, 0), bytes.count)
        var span = unsafe MutableSpan(_unsafeElements: bytes.extracting(..<lent))
        return body(&span)
    }
}
