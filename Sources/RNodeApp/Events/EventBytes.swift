/// The bytes of an event: lent by the loop to a synchronous callback, owned for an async one.
@safe
struct EventBytes: ~Copyable {
    // SAFETY: a borrowed view is made by `withBorrowed` alone, for the length of its closure, inside an event
    // that is not copyable and is passed on as a borrow; so it can't outlive the bytes. Loop's thread only.
    private let view: UnsafeBufferPointer<UInt8>
    private let owned: [UInt8]

    /// Bytes that the event keeps.
    init(owned bytes: [UInt8]) {
        unsafe view = UnsafeBufferPointer(start: nil, count: 0)
        owned = bytes
    }

    private init(view: UnsafeBufferPointer<UInt8>) {
        unsafe self.view = unsafe view
        owned = []
    }

    /// Runs `body` with a view of `bytes`.
    static func withBorrowed<Result>(
        _ bytes: Span<UInt8>, _ body: (consuming EventBytes) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBufferPointer { pointer in
            body(unsafe EventBytes(view: pointer))
        }
    }

    var isEmpty: Bool { unsafe view.isEmpty && owned.isEmpty }

    /// Lends the bytes.
    borrowing func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if owned.isEmpty { return try body(unsafe Span(_unsafeElements: view)) }
        return try body(owned.span)
    }
}
