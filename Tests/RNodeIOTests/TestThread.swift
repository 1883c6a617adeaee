import Synchronization

@testable import RNodeIO

/// A thread that a test can wait for.
final class TestThread: Sendable {
    private let body: @Sendable () -> Void
    private let hasEnded = Atomic(false)

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func start() throws {
        try LoopThread.start { [self] in
            body()
            hasEnded.store(true, ordering: .releasing)
        }
    }

    /// Waits until the body has returned.
    func join() {
        while !hasEnded.load(ordering: .acquiring) {}
    }
}
