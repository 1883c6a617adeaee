// Where connections come from: listeners, and streams handed over by other loops.
//
// SAFETY: `core` is the loop's own, and a connection's address is good until its slot is freed, at the end of a turn.
extension EventLoop {
    /// A listener of the loop, at its place in `listeners`.
    struct ListenerSlot {
        let listener: any Listener
        /// Where the listener's connections go; this loop when empty. Forgotten with the listener: the loop may be one of them.
        var handsOffTo: [EventLoop]
        /// Whose turn it is among those.
        var next = 0
        /// False while it rests because descriptors ran out.
        var isWatched = true
        var isOpen = true
        /// How long it rests when accepting fails next: twice as long each time, until it succeeds.
        var backOff: Duration
    }

    /// Accepts connections from `opened`, which the loop owns from now on. On the loop's thread, or before it runs.
    ///
    /// With `handsOffTo` each connection goes to the next of those loops in turn: for a listener of which there
    /// can be only one, such as a Unix path.
    public func listen(
        on opened: any Listener, handsOffTo loops: [EventLoop] = []
    ) throws(IOError) {
        let listener = backend.adopt(opened)
        let token = Self.firstListenerSlot &+ UInt64(listeners.count)
        try backend.add(listener.descriptor, interest: .readable, token: token)
        listeners.append(
            ListenerSlot(listener: listener, handsOffTo: loops, backOff: limits.acceptBackOff))
    }

    /// Stops accepting, and closes the listeners. On the loop's thread only.
    ///
    /// Who waits in a listener's queue is accepted first: closing it would reset them.
    public func stopListening() {
        for position in listeners.indices where listeners[position].isOpen {
            acceptWaiting(from: position)
        }
        closeListeners()
    }

    private func acceptWaiting(from position: Int) {
        let listener = listeners[position].listener
        // No queue is longer; who comes after so many came too late.
        for _ in 0..<65_536 {
            switch listener.accept() {
            case .accepted(let transport, let remote):
                admit(transport, from: remote, by: position)
            case .retry(let error): tally.acceptFailed(error)
            case .wouldBlock, .exhausted, .failed: return
            }
        }
    }

    func closeListeners() {
        for position in listeners.indices where listeners[position].isOpen {
            if listeners[position].isWatched {
                backend.remove(listeners[position].listener.descriptor)
            }
            listeners[position].listener.close()
            listeners[position].isOpen = false
            listeners[position].isWatched = false
            listeners[position].handsOffTo = []
        }
    }

    // MARK: - Accepting

    func accept(from position: Int) {
        guard listeners.indices.contains(position) else { return }
        let listener = listeners[position].listener
        // A handler may stop listening meanwhile.
        for _ in 0..<limits.acceptsPerTurnMax where listeners[position].isWatched {
            switch listener.accept() {
            case .accepted(let transport, let remote):
                listeners[position].backOff = limits.acceptBackOff
                admit(transport, from: remote, by: position)
            case .retry(let error): tally.acceptFailed(error)
            case .wouldBlock: return
            case .exhausted(let error):
                tell(error)
                return rest(position, asksForRoom: true)
            case .failed(let error):
                tell(error)
                return rest(position, asksForRoom: false)
            }
        }
    }

    private func tell(_ error: IOError) {
        tally.acceptFailed(error)
        guard let untold = budget.takeNotice(at: now) else { return }
        handler?.acceptFailed(error, untold: untold, on: self)
    }

    /// Leaves a listener alone for a while: asking again at once would spin.
    private func rest(_ position: Int, asksForRoom: Bool) {
        let length = listeners[position].backOff
        listeners[position].backOff = min(length * 2, limits.acceptBackOffMax)
        backend.remove(listeners[position].listener.descriptor)
        listeners[position].isWatched = false
        rest(position, until: now.advanced(by: length), asksForRoom: asksForRoom)
    }

    /// Asks now and then whether descriptors are free again, so that a long rest ends early.
    private func rest(_ position: Int, until end: MonotonicInstant, asksForRoom: Bool) {
        let look = asksForRoom ? min(end, now.advanced(by: limits.acceptBackOff)) : end
        schedule(at: look) { [weak self] in
            guard let self, listeners[position].isOpen else { return }
            if now < end, !listeners[position].listener.hasRoom() {
                return rest(position, until: end, asksForRoom: asksForRoom)
            }
            watchAgain(position)
        }
    }

    private func watchAgain(_ position: Int) {
        let token = Self.firstListenerSlot &+ UInt64(position)
        do throws(IOError) {
            try backend.add(
                listeners[position].listener.descriptor, interest: .readable, token: token)
            listeners[position].isWatched = true
        } catch {
            rest(position, asksForRoom: false)
        }
    }

    // MARK: - Accepted streams

    /// Gives an accepted stream to the loop whose turn it is; refuses it when there are connections enough.
    private func admit(
        _ transport: any Transport, from remote: SocketAddress, by position: Int
    ) {
        guard budget.enter() else { return refuse(transport) }
        let loops = listeners[position].handsOffTo
        guard !loops.isEmpty else { return adopt(transport, from: remote) }
        let chosen = loops[listeners[position].next % loops.count]
        listeners[position].next = (listeners[position].next + 1) % loops.count
        guard chosen !== self else { return adopt(transport, from: remote) }
        let stream = HandedOff(transport: transport)
        let isPosted = chosen.post { $0.adopt(stream.transport, from: remote) }
        guard !isPosted else { return }
        transport.close(abort: true)
        budget.leave()
    }

    /// A stream on its way to another loop.
    //
    // @unchecked: the giving loop keeps no reference; the taking one is the only user from here on.
    private struct HandedOff: @unchecked Sendable {
        let transport: any Transport
    }

    /// Makes a connection of a stream that came from elsewhere (a listener that hands off). On the loop's thread only.
    public func take(_ transport: any Transport, from remote: SocketAddress) {
        guard budget.enter() else { return refuse(transport) }
        adopt(transport, from: remote)
    }

    /// Makes a connection of a stream that the budget has room for.
    private func adopt(_ transport: any Transport, from remote: SocketAddress) {
        guard !hasEnded else {
            transport.close(abort: true)
            return budget.leave()
        }
        guard let id = unsafe core.pointee.insert(transport), let connection = unsafe find(id)
        else { return budget.leave() }
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.accepted(&context, remote: remote)
    }

    /// Answers a stream that there is no room for, and closes it; a crowd of them is closed at once.
    private func refuse(_ transport: any Transport) {
        tally.refusedOne()
        let answer = handler?.refusal(on: self) ?? []
        guard !hasEnded, !answer.isEmpty,
            unsafe core.pointee.refusedCount < limits.refusalsMax
        else { return transport.close(abort: false) }
        guard let id = unsafe core.pointee.insert(transport, state: .unwelcome),
            let connection = unsafe find(id)
        else { return }
        unsafe connection.pointee.output.append(answer.span)
        unsafe core.pointee.touch(&connection.pointee)
        let end = now.advanced(by: limits.lingerTimeout)
        unsafe core.pointee.setDeadline(end, of: &connection.pointee)
    }
}
