/// The steps of a drain over all loops: each is begun on every loop, and over when every loop has said so.
///
/// A loop that a callback blocks says nothing. Then the others say that it is overdue, and go on without it; when it is free
/// again it does what was left for it.
struct DrainSteps: Sendable {
    private enum Report: Sendable {
        case stoppedListening, listeningOverdue
        case closed(loop: Int, left: Int), closingOverdue
        case brokerStopped, brokerOverdue
    }

    private let core: AppCore
    /// Where the broker is stopped; nil for Swift's pool.
    private let executor: (any TaskExecutor)?
    private let loops: [AppLoop]
    private let reports: AsyncStream<Report>
    private let continuation: AsyncStream<Report>.Continuation

    init(core: AppCore, executor: (any TaskExecutor)?) {
        self.core = core
        self.executor = executor
        loops = core.loops
        // Each loop reports five times, the broker once, the guard of blocked loops twice.
        (reports, continuation) = AsyncStream<Report>.makeStream(
            bufferingPolicy: .bufferingOldest(5 * core.loopCount + 3))
    }

    /// Ends the waiting for loops: when all are blocked, none of them says that it is over. The broker is stopped still.
    func giveUpLoops() {
        continuation.yield(.listeningOverdue)
        continuation.yield(.closingOverdue)
    }

    /// Ends all waiting.
    func giveUp() {
        continuation.finish()
    }

    /// Runs them; returns how many connections were cut.
    func run() async -> Int {
        var reports = reports.makeAsyncIterator()
        await stopListening(&reports)
        let left = await closeConnections(&reports)
        await stopBroker(&reports)
        return left
    }

    private typealias Reports = AsyncStream<Report>.AsyncIterator

    private func post(_ body: @escaping @Sendable (AppLoop) -> Void) {
        for loop in loops { loop.eventLoop.post { _ in body(loop) } }
    }

    private func stopListening(_ reports: inout Reports) async {
        let continuation = continuation
        core.advance(to: .announced)
        post { loop in
            loop.announceDrain { continuation.yield(.stoppedListening) }
            loop.schedule(inDrain: loop.drainTimes.listeningTimeout) {
                continuation.yield(.listeningOverdue)
            }
        }
        var waiting = loops.count
        while waiting > 0 {
            switch await reports.next(isolation: #isolation) {
            case .stoppedListening: waiting -= 1
            case .listeningOverdue, nil: return
            default: continue
            }
        }
    }

    private func closeConnections(_ reports: inout Reports) async -> Int {
        let continuation = continuation
        core.advance(to: .closing)
        let window = core.configuration.drain.closeWindow(
            connections: core.metrics.connectionsActive)
        post { loop in
            let number = loop.eventLoop.index
            loop.beginClosing(over: window) {
                continuation.yield(.closed(loop: number, left: $0))
            }
            loop.schedule(inDrain: loop.drainTimes.closingTimeout) {
                continuation.yield(.closingOverdue)
            }
        }
        var left: [Int: Int] = [:]
        while left.count < loops.count {
            switch await reports.next(isolation: #isolation) {
            case .closed(let loop, let count): left[loop] = count
            case .closingOverdue, nil: return sum(left)
            default: continue
            }
        }
        return sum(left)
    }

    /// How many were cut: of a loop that has not said it, all that are open.
    private func sum(_ left: [Int: Int]) -> Int {
        loops.reduce(0) { $0 + (left[$1.eventLoop.index] ?? $1.counters.connectionsOpen) }
    }

    /// Lets the broker send what it has, for as long as it may take.
    private func stopBroker(_ reports: inout Reports) async {
        let (broker, continuation) = (core.configuration.broker, continuation)
        let stopping = Task(executorPreference: executor) {
            await broker.stop()
            continuation.yield(.brokerStopped)
        }
        post { loop in
            let end = loop.eventLoop.now.advanced(by: loop.drainTimes.brokerTime)
            loop.schedule(inDrain: loop.drainTimes.deadline, atMost: end) {
                continuation.yield(.brokerOverdue)
            }
        }
        while true {
            switch await reports.next(isolation: #isolation) {
            case .brokerStopped: return
            case .brokerOverdue, nil: return stopping.cancel()
            default: continue
            }
        }
    }
}
