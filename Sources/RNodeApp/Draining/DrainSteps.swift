/// The steps of a drain over all loops: each is begun on every loop, and over when every loop has said so.
struct DrainSteps: Sendable {
    private enum Report: Sendable {
        case stoppedListening
        case closed(left: Int)
        case brokerStopped
        case brokerLate
    }

    private let core: AppCore
    private let reports: AsyncStream<Report>
    private let continuation: AsyncStream<Report>.Continuation

    init(core: AppCore) {
        self.core = core
        // Each loop reports twice, the broker once or twice.
        (reports, continuation) = AsyncStream<Report>.makeStream(
            bufferingPolicy: .bufferingOldest(2 * core.loopCount + 2))
    }

    /// Ends the waiting for loops that don't answer.
    func giveUp() {
        continuation.finish()
    }

    /// Runs them; returns how many connections were cut.
    func run() async -> Int {
        let loops = core.loops
        let continuation = continuation
        var reports = reports.makeAsyncIterator()
        core.advance(to: .announced)
        post(to: loops) { $0.announceDrain { continuation.yield(.stoppedListening) } }
        for _ in loops {
            guard await reports.next(isolation: #isolation) != nil else {
                return core.metrics.openConnections
            }
        }
        core.advance(to: .closing)
        let window = core.configuration.drain.closeWindow(
            connections: core.metrics.connectionsActive)
        post(to: loops) { $0.beginClosing(over: window) { continuation.yield(.closed(left: $0)) } }
        var left = 0
        for _ in loops {
            guard let report = await reports.next(isolation: #isolation) else {
                return core.metrics.openConnections
            }
            if case .closed(let cut) = report { left += cut }
        }
        await stopBroker(&reports)
        return left
    }

    private func post(to loops: [AppLoop], _ body: @escaping @Sendable (AppLoop) -> Void) {
        for loop in loops { loop.eventLoop.post { _ in body(loop) } }
    }

    /// Lets the broker send what it has, for as long as it may take.
    private func stopBroker(_ reports: inout AsyncStream<Report>.AsyncIterator) async {
        let (broker, continuation) = (core.configuration.broker, continuation)
        let timeout = core.configuration.drain.brokerTime
        let stopping = Task {
            await broker.stop()
            continuation.yield(.brokerStopped)
        }
        post(to: Array(core.loops.prefix(1))) { loop in
            let end = loop.eventLoop.now.advanced(by: timeout)
            loop.eventLoop.schedule(at: end) { continuation.yield(.brokerLate) }
        }
        if case .brokerLate? = await reports.next(isolation: #isolation) { stopping.cancel() }
    }
}
