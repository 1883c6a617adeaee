import Glibc

/// A thread of the system for a test that blocks: the pool of Swift's tasks has too few for that.
final class TestThread {
    private let body: @Sendable () -> Void
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func start() {
        let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        // SAFETY: the thread takes over the reference, and is joined by the test.
        let code = unsafe pthread_create(&thread, nil, run, argument)
        assert(code == 0)
    }

    /// Sends it SIGUSR2, which interrupts what it waits in; for threads that are not joined yet.
    func interrupt() {
        pthread_kill(thread, SIGUSR2)
    }

    func join() {
        pthread_join(thread, nil)
    }
}

private final class Body: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().body()
    return nil
}
