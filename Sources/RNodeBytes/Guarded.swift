internal import Synchronization

/// State that one thread at a time may use.
///
/// A `Mutex` whose turns the thread sanitizer can see: the lock's own atomic operations are inside a library
/// that is not instrumented, and without the one here every use would be reported. Never on a message's way,
/// but for what crosses from one loop to another.
package struct Guarded<Value>: ~Copyable, Sendable {
    private let value: Mutex<Value>
    private let lastTurn = Atomic(false)

    /// Guards a value.
    package init(_ value: sending Value) {
        self.value = Mutex(value)
    }

    /// Lends the value; keep it short, and never wait inside.
    package borrowing func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try value.withLock { (value: inout sending Value) throws(Failure) -> sending Result in
            _ = lastTurn.load(ordering: .acquiring)
            defer { lastTurn.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}
