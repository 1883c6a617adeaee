/// Loops side by side, one thread each, sharing nothing.
public final class EventLoopGroup: Sendable {
    /// The loops, by their index.
    public let loops: [EventLoop]

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

    /// Starts a thread for each loop, and returns what waits for them to end.
    public func start() throws(IOError) -> RunningLoops {
        var threads: [LoopThread] = []
        for loop in loops {
            let thread = LoopThread { loop.run() }
            do throws(IOError) {
                try thread.start()
            } catch {
                stop()
                for started in threads { started.join() }
                throw error
            }
            threads.append(thread)
        }
        return RunningLoops(threads)
    }

    /// Makes every loop end after its turn. From any thread.
    public func stop() {
        for loop in loops { loop.stop() }
    }
}

/// The threads of a started group.
public struct RunningLoops: ~Copyable {
    private let threads: [LoopThread]

    init(_ threads: [LoopThread]) {
        self.threads = threads
    }

    /// Blocks the calling thread until every loop has ended.
    public consuming func join() {
        for thread in threads { thread.join() }
    }
}
