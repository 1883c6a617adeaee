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

    /// Lends the first `count` bytes (all when there are fewer, or with nil).
    borrowing func withSpan<Result>(
        first count: Int? = nil, _ body: (inout MutableSpan<UInt8>) -> Result
    ) -> Result {
        let lent = unsafe min(max(count ?? bytes.count, 0), bytes.count)
        var span = unsafe MutableSpan(_unsafeElements: bytes.extracting(..<lent))
        return body(&span)
    }
}
