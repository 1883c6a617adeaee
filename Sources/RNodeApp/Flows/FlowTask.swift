/// The one long-lived task of a connection whose route has async callbacks: flows that have to wait go on here,
/// one at a time, in order, on the loop's executor.
///
/// Made for the first such flow; parked between flows; ended with the connection.
@safe
final class FlowTask: @unchecked Sendable {
    // @unchecked: touched on the loop's thread only, by the loop and by the task, which runs on the loop.

    // SAFETY: resumed exactly once: taken out of here before it is resumed, and put here only by `next()`,
    // which nobody but the task's own loop calls.
    private var parked: UnsafeContinuation<(any SuspendedFlow)?, Never>?
    private var waiting: (any SuspendedFlow)?
    private var isEnded = false

    init(_ peer: WebSocketPeer) {
        let executor = peer.loop.eventLoop
        // Detached: the task-locals of whoever made the first flow are none of this connection's.
        Task.detached(executorPreference: executor) { [self] in
            await WebSocketPeer.$current.withValue(peer) {
                while let flow = await next() {
                    await flow.finish(peer)
                }
            }
        }
    }

    /// Has a flow go on. The one before has ended.
    func give(_ flow: any SuspendedFlow) {
        if let parked = unsafe parked.take() {
            unsafe parked.resume(returning: flow)
        } else {
            waiting = flow
        }
    }

    /// Ends the task once it is idle.
    func end() {
        isEnded = true
        if let parked = unsafe parked.take() { unsafe parked.resume(returning: nil) }
    }

    private func next() async -> (any SuspendedFlow)? {
        if let flow = waiting.take() { return flow }
        if isEnded { return nil }
        return await unsafe withUnsafeContinuation { unsafe parked = $0 }
    }
}

/// A flow that waits for a callback or for the registry, with a copy of the text it is about.
protocol SuspendedFlow: AnyObject, Sendable {
    /// Drives the flow to its end, and lets the connection go on.
    func finish(_ peer: WebSocketPeer) async
}

// @unchecked: given once from the loop to the task that finishes it, which runs on the same loop.
final class Suspended<Suspending: Flow>: SuspendedFlow, @unchecked Sendable {
    private var flow: Suspending
    private let step: FlowStep
    private let text: [UInt8]

    init(_ flow: Suspending, at step: FlowStep, text: [UInt8]) {
        self.flow = flow
        self.step = step
        self.text = text
    }

    func finish(_ peer: WebSocketPeer) async {
        await peer.drive(&flow, from: step, text: text)
        peer.flowEnded()
    }
}
