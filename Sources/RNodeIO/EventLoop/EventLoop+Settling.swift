// The end of a turn: each touched connection is sent, given its backlog, and closed when its end has come.
//
// SAFETY: `core` is the loop's own. A connection's address is good until `free`, after which nothing here uses it.
extension EventLoop {
    func settleTouched() {
        var position = 0
        var isOver: Bool
        repeat {
            isOver = true
            // Settling may touch further connections (a handler told `drained` that sends elsewhere).
            while let slot = unsafe core.pointee.touched.slot(at: position) {
                position += 1
                if let connection = unsafe core.pointee.find(slot: slot) {
                    if unsafe !settle(connection) { isOver = false }
                }
            }
            // Backlogs were given and ends were told: what that published must not wait for the next event.
            if !isOver { handler?.turnEnded(on: self) }
        } while unsafe position < core.pointee.touched.count
        unsafe core.pointee.touched.removeAll()
    }

    /// Whether it was enough to send, as it is for most: the handler was told nothing.
    @inline(__always)
    private func settle(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        unsafe core.pointee.send(from: &connection.pointee)
        guard unsafe connection.pointee.isSettled else {
            unsafe settleRest(of: connection)
            return false
        }
        unsafe connection.pointee.state.remove(.touched)
        unsafe core.pointee.reclaimOutput(of: &connection.pointee)
        return true
    }

    /// All that it may take beyond sending.
    @inline(never)
    private func settleRest(of connection: UnsafeMutablePointer<Connection>) {
        unsafe tellOverflowed(connection)
        unsafe resumeIfDrained(connection)
        let isGivenAgain = unsafe giveBacklog(connection)
        if unsafe connection.pointee.state.contains(.hungUp) { unsafe endIfHeard(connection) }
        if unsafe connection.pointee.waiting != nil { unsafe tellDropped(connection) }
        unsafe core.pointee.send(from: &connection.pointee)
        unsafe core.pointee.account(&connection.pointee)
        unsafe connection.pointee.state.remove(.touched)
        unsafe core.pointee.reclaimOutput(of: &connection.pointee)
        if unsafe !closeIfDone(connection) {
            unsafe core.pointee.updateInterest(of: &connection.pointee)
            // Congested by the first send and drained by the second: no event will ever tell of it.
            if unsafe isDrained(connection) { unsafe core.pointee.touch(&connection.pointee) }
            if !isGivenAgain, unsafe core.pointee.isForgotten(connection.pointee) {
                tally.leftUnserved()
            }
        }
    }

    /// Whether a connection that was congested is so no more.
    private func isDrained(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        unsafe connection.pointee.state.contains(.congested)
            && connection.pointee.unsentCount <= limits.outputSoftMarkBytes / 2
    }

    private func tellOverflowed(_ connection: UnsafeMutablePointer<Connection>) {
        guard unsafe connection.pointee.state.contains(.overflowed) else { return }
        unsafe connection.pointee.state.remove(.overflowed)
        guard unsafe connection.pointee.state.isDisjoint(with: [.overflowTold, .deaf]) else {
            return
        }
        unsafe connection.pointee.state.insert(.overflowTold)
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.overflowed(&context)
    }

    private func tellDropped(_ connection: UnsafeMutablePointer<Connection>) {
        let count = unsafe core.pointee.takeDroppedCount(of: &connection.pointee)
        guard count > 0, unsafe !connection.pointee.state.contains(.aborted) else { return }
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.dropped(count, on: &context)
    }

    private func resumeIfDrained(_ connection: UnsafeMutablePointer<Connection>) {
        if unsafe isDrained(connection) {
            unsafe connection.pointee.state.remove([
                .congested, .overflowed, .overflowTold, .stalled,
            ])
            var context = unsafe ConnectionContext(connection, core: core)
            handler?.drained(&context)
        } else if unsafe connection.pointee.unsentCount > limits.outputSoftMarkBytes {
            unsafe connection.pointee.state.insert(.congested)
        }
    }

    /// Gives the handler what it had not taken, once it wants bytes again. Returns whether it is given the rest in this turn too.
    private func giveBacklog(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        guard let handler, unsafe connection.pointee.backlog != nil,
            unsafe connection.pointee.state.isDisjoint(with: [.paused, .congested, .yielded]),
            unsafe connection.pointee.state.isDisjoint(with: .deaf),
            let backlog = unsafe connection.pointee.backlog.take()
        else { return false }
        var context = unsafe ConnectionContext(connection, core: core)
        let taken = backlog.update { bytes in
            let taken = bytes.withMutableSpan { handler.received(&$0, on: &context) }
            bytes.removeFirst(taken)
            return taken
        }
        guard !backlog.borrow({ $0.isEmpty }), !context.isClosing else {
            unsafe core.pointee.backlogs.giveBack(backlog)
            return false
        }
        unsafe connection.pointee.backlog = consume backlog
        // Nothing taken and not paused: the handler waits for more bytes, which would never be read.
        guard taken > 0, unsafe connection.pointee.state.isDisjoint(with: [.paused, .yielded])
        else { return false }
        context.giveAgain()
        return true
    }

    /// Ends a connection whose peer has hung up, once the handler has taken all that it had sent.
    private func endIfHeard(_ connection: UnsafeMutablePointer<Connection>) {
        guard unsafe connection.pointee.backlog == nil,
            unsafe connection.pointee.state.isDisjoint(with: [.paused, .deaf, .inputFinished])
        else { return }
        unsafe finished(connection)
        unsafe connection.pointee.state.insert(.aborted)
    }

    /// Ends a connection whose end was asked for and has come. Returns whether its slot is free now.
    private func closeIfDone(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        let state = unsafe connection.pointee.state
        if state.contains(.aborted) {
            let id = unsafe connection.pointee.id
            let isReset = !state.contains(.lingering)
            let isKnown = state.isDisjoint(with: .unknown)
            let code = unsafe connection.pointee.failureCode
            unsafe core.pointee.free(id, abort: isReset)
            let reason: DisconnectReason =
                code == 0 ? .aborted : .failed(IOError("stream", code: code))
            if isKnown { handler?.closed(id, reason, on: self) }
            return true
        }
        guard state.contains(.closing), unsafe connection.pointee.output.isEmpty,
            !state.contains(.lingering)
        else { return false }
        return unsafe linger(connection)
    }

    private func linger(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        let id = unsafe connection.pointee.id
        let isKnown = unsafe !connection.pointee.state.contains(.refused)
        if unsafe !connection.pointee.state.isDisjoint(with: [.inputFinished, .hungUp]) {
            unsafe core.pointee.free(id, abort: false)
            if isKnown { handler?.closed(id, .closedHere, on: self) }
            return true
        }
        unsafe connection.pointee.state.insert(.lingering)
        unsafe connection.pointee.transport.finishSending()
        let end = now.advanced(by: limits.lingerTimeout)
        unsafe core.pointee.setDeadline(end, of: &connection.pointee)
        if isKnown { handler?.closed(id, .closedHere, on: self) }
        return false
    }
}
