internal import Synchronization

/// Loops side by side, one thread each, sharing nothing.
public final class EventLoopGroup: Sendable {
    /// The loops, by their index.
    public let loops: [EventLoop]
    /// How many connections they may have together: ``IOLimits/connectionsMax``.
    public let budget: ConnectionBudget
    private let running = Atomic(0)

    /// One loop for each backend.
    public init(
        backends: [any EventLoopBackend], limits: IOLimits = IOLimits()
    ) throws(IOLimitsError) {
        try limits.validate()
        let budget = ConnectionBudget(limit: limits.connectionsMax)
        var loops: [EventLoop] = []
        for backend in backends {
            let loop = try EventLoop(
                backend: backend, limits: limits, index: loops.count, budget: budget)
            loops.append(loop)
        }
        self.budget = budget
        self.loops = loops
    }

    /// Starts a thread for each loop. Once.
    ///
    /// From here on the process ignores SIGPIPE: whoever writes to a pipe that nobody reads, such as a log, is told by
    /// an error instead of being ended. Sockets raise none in any case.
    ///
    /// `whenEnded` is called on the last loop's thread, after every loop has ended. Throws when the system has no
    /// thread left; then none runs.
    public func start(whenEnded: @escaping @Sendable () -> Void) throws(IOError) {
        SystemCalls.ignoreBrokenPipes()
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
