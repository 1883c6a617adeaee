// Flows of a client: one at a time, in order, or nested in a callback.
extension WebSocketPeer {
    /// Has a flow run when all before it have ended.
    func enqueue(_ flow: some Flow) {
        waiting.append(Waiting(flow))
        serveWaiting()
    }

    /// Has a flow run before those that wait already.
    func putFirst(_ flow: some Flow) {
        waiting.insert(Waiting(flow), at: 0)
        serveWaiting()
    }

    func enqueueJoin(_ roomId: String) {
        enqueue(JoinFlow(RoomID(roomId), .client(nil)))
    }

    func enqueueLeave(_ roomId: String) {
        enqueue(LeaveFlow(RoomID(roomId), .client(nil)))
    }

    /// Runs the flows that wait, until one has to be waited for.
    func serveWaiting() {
        guard !isServingWaiting, phase != .opening else { return }
        isServingWaiting = true
        while !isRunning, !waiting.isEmpty { waiting.removeFirst().begin(self) }
        isServingWaiting = false
        if hasEnded, !isRunning { task?.end() }
    }

    /// Drives a flow as far as it goes without waiting; has it go on in a task if that is not to its end.
    func run<Running: Flow>(_ flow: consuming Running, _ text: Span<UInt8>) {
        isRunning = true
        var input = FlowInput.start
        while true {
            let step = flow.advance(input, self, text)
            switch step {
            case .finished:
                isRunning = false
                return serveWaiting()
            case .ask: return suspend(flow, at: step, text)
            case .run(let event):
                guard let outcome = outcome(of: event, flow.fields(of: event), text) else {
                    return suspend(flow, at: step, text)
                }
                input = .outcome(outcome)
            }
        }
    }

    private func suspend<Running: Flow>(
        _ flow: consuming Running, at step: FlowStep, _ text: Span<UInt8>
    ) {
        if withheldSince == nil { withheldSince = now }
        loop.pause(connection)
        let suspended = Suspended(flow, at: step, text: text.copied())
        if route.hasAsyncCallback {
            let task = task ?? FlowTask(self)
            self.task = task
            task.give(suspended)
        } else {
            Task.detached(executorPreference: loop.eventLoop) { await suspended.finish(self) }
        }
    }

    /// Drives a flow to its end, waiting where it has to. On the loop, in a task that prefers it.
    func drive<Running: Flow>(
        _ flow: inout Running, from step: FlowStep, text: [UInt8]
    ) async {
        var step = step
        while true {
            let input: FlowInput
            switch step {
            case .finished: return
            case .ask(let request): input = .answer(await core.ask(request, self))
            case .run(let event):
                input = .outcome(await outcome(of: event, flow.fields(of: event), text))
            }
            step = flow.advance(input, self, text.span)
        }
    }

    /// A flow that was waited for has ended: the next ones, and the client's next message.
    func flowEnded() {
        isRunning = false
        serveWaiting()
        guard !isRunning, phase == .open else { return }
        loop.resume(connection, withheldSince: withheldSince)
        withheldSince = nil
    }

    // MARK: - In place

    func joinInPlace(_ roomId: String) async throws(RoomError) {
        let refusal = await runInPlace { JoinFlow(RoomID(roomId), $0) }
        if let refusal { throw refusal }
    }

    func leaveInPlace(_ roomId: String) async throws(RoomError) {
        let refusal = await runInPlace { LeaveFlow(RoomID(roomId), $0) }
        if let refusal { throw refusal }
    }

    /// Runs a flow nested in the callback that asks for it. Before the 101 it is put off.
    func runInPlace<Nested: Flow>(_ make: (FlowAnswer) -> Nested) async -> RoomError? {
        guard phase != .opening else {
            enqueue(make(.client(nil)))
            return nil
        }
        let refusal = Refusal()
        var flow = make(.server { refusal.error = $0 })
        let first = flow.advance(.start, self, Span())
        await drive(&flow, from: first, text: [])
        return refusal.error
    }

    private final class Refusal {
        var error: RoomError?
    }
}

/// A flow that waits for those before it.
protocol WaitingFlow {
    func begin(_ peer: WebSocketPeer)
}

private struct Waiting<Pending: Flow>: WaitingFlow {
    let flow: Pending

    init(_ flow: Pending) {
        self.flow = flow
    }

    func begin(_ peer: WebSocketPeer) {
        peer.run(flow, Span())
    }
}
