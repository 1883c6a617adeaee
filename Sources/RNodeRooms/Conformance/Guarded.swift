internal import Synchronization

/// A value that one thread at a time may use; for what tests share, never on a message's way.
///
/// A `Mutex` whose turns the thread sanitizer can see: the lock's own atomic operations are inside a
/// library that is not instrumented, and without the second one every use would be reported.
struct Guarded<Value: Sendable>: ~Copyable, Sendable {
    private let value: Mutex<Value>
    private let lastTurn = Atomic<Bool>(false)

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    /// Lends the value.
    borrowing func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            _ = lastTurn.load(ordering: .acquiring)
            defer { lastTurn.store(true, ordering: .releasing) }
            return body(&value)
        }
    }
}
