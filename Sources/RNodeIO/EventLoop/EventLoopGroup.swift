internal import Synchronization

/// Loops side by side, one thread each, sharing nothing.
public final class EventLoopGroup: Sendable {
    /// The loops, by their index.
    public let loops: [EventLoop]
    private let running = Atomic(0)

    /// One loop for each backend.
    public init(
        backends: [any EventLoopBackend], limits: IOLimits = IOLimits()
    ) throws(IOLimitsError) {
        var loops: [EventLoop] = []
        for backend in backends {
            loops.append(try EventLoop(backend: backend, limits: limits, index: loops.count))
        }
        self.loops = loops
    }

    /// Starts a thread for each loop. Once.
    ///
    /// `whenEnded` is called on the last loop's thread, after every loop has ended. Throws when the system has no
    /// thread left; then none runs.
    public func start(whenEnded: @escaping @Sendable () -> Void) throws(IOError) {
        running.store(loops.count, ordering: .relaxed)
        for (started, loop) in loops.enumerated() {
            do throws(IOError) {
                try LoopThread.start { [self] in
                    loop.run()
                    if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                        whenEnded()
                    }
                }
            } catch {
                running.subtract(loops.count - started, ordering: .acquiringAndReleasing)
                stop()
                for loop in loops[started...] { loop.end() }
                throw error
            }
        }
    }

    /// Makes every loop end after its turn. From any thread.
    public func stop() {
        for loop in loops { loop.stop() }
    }
}
