// What became ready or due in a turn, brought to the handler.
//
// SAFETY: `core` is the loop's own, and a connection's address is good until its slot is freed, which no event and no
// timer does: that is left to the end of the turn.
extension EventLoop {
    func serveEvents(to handler: (any LoopHandler)?) {
        // Looked at where it is: no copy is made, for handlers can't reach `events`.
        let events = events
        let span = events.span
        for position in span.indices {
            // SAFETY: one of the span's own positions.
            let event = unsafe span[unchecked: position]
            let slot = event.token & Self.reservedSlot
            if slot >= Self.firstListenerSlot {
                accept(from: Int(truncatingIfNeeded: slot &- Self.firstListenerSlot))
            } else {
                serve(event, to: handler)
            }
        }
    }

    @inline(always)
    private func serve(_ event: BackendEvent, to handler: (any LoopHandler)?) {
        guard let connection = unsafe find(ConnectionID(rawValue: event.token)) else {
            return tally.foundStaleEvent()
        }
        if event.readiness.contains(.writable) {
            unsafe core.pointee.touch(&connection.pointee)
        }
        if event.readiness.contains(.readable) {
            unsafe readable(connection, to: handler)
        } else if event.readiness.contains(.failed) {
            unsafe hungUp(connection)
        }
    }

    /// The peer of a connection that is not read has closed both ways, or broken off.
    ///
    /// On a Unix socket every plain close is told like that: what was sent before it is still taken, and given to the
    /// handler in its time. It is no more than the kernel held, for nothing can follow.
    private func hungUp(_ connection: UnsafeMutablePointer<Connection>) {
        guard unsafe connection.pointee.state.isDisjoint(with: [.deaf, .inputFinished]),
            unsafe !connection.pointee.interest.contains(.readable)
        else { return unsafe cut(connection) }
        let transport = unsafe connection.pointee.transport
        switch receiveBuffer.withSpan({ transport.receive(into: &$0) }) {
        case .bytes(let count):
            receiveBuffer.withSpan(first: count) { bytes in
                guard let backlog = unsafe connection.pointee.backlog.take() else {
                    unsafe connection.pointee.backlog = core.pointee.backlogs.take(
                        copying: bytes.span)
                    return
                }
                backlog.update { $0.append(bytes.span) }
                unsafe connection.pointee.backlog = consume backlog
            }
        case .finished:
            unsafe core.pointee.unwatch(&connection.pointee)
            unsafe core.pointee.touch(&connection.pointee)
        case .wouldBlock: unsafe cut(connection)
        case .failed(let error): unsafe failed(connection, error)
        }
    }

    private func cut(_ connection: UnsafeMutablePointer<Connection>) {
        unsafe connection.pointee.state.insert(.aborted)
        unsafe core.pointee.touch(&connection.pointee)
    }

    @inline(always)
    private func readable(
        _ connection: UnsafeMutablePointer<Connection>, to handler: (any LoopHandler)?
    ) {
        guard unsafe connection.pointee.isHeard else { return unsafe unheard(connection) }
        switch receiveBuffer.withSpan({ unsafe connection.pointee.receive(into: &$0) }) {
        case .bytes(let count):
            unsafe received(count, on: connection, by: handler)
        case .wouldBlock: return
        case .finished: unsafe finished(connection)
        case .failed(let error): unsafe failed(connection, error)
        }
    }

    /// Bytes came that the handler does not want, now or any more.
    @inline(never)
    private func unheard(_ connection: UnsafeMutablePointer<Connection>) {
        let state = unsafe connection.pointee.state
        if state.contains(.lingering) { return unsafe discard(connection) }
        guard state.isDisjoint(with: .deaf) else { return }
        var interest = unsafe connection.pointee.interest
        interest.remove(.readable)
        unsafe core.pointee.setInterest(interest, of: &connection.pointee)
    }

    @inline(always)
    private func received(
        _ count: Int, on connection: UnsafeMutablePointer<Connection>,
        by handler: (any LoopHandler)?
    ) {
        var context = unsafe ConnectionContext(reading: connection, core: core)
        receiveBuffer.withSpan(first: count) { bytes in
            // Not unwrapped before: that would count a reference each time.
            let taken = handler?.received(&bytes, on: &context) ?? bytes.count
            guard taken < bytes.count, !context.isClosing else { return }
            unsafe keep(bytes.span.extracting(max(taken, 0)...), of: connection)
        }
        unsafe core.pointee.answer(from: &connection.pointee)
    }

    /// Keeps what the handler has not taken.
    @inline(never)
    private func keep(_ rest: Span<UInt8>, of connection: UnsafeMutablePointer<Connection>) {
        unsafe connection.pointee.backlog = core.pointee.backlogs.take(copying: rest)
        unsafe core.pointee.touch(&connection.pointee)
    }

    func finished(_ connection: UnsafeMutablePointer<Connection>) {
        unsafe connection.pointee.state.insert(.inputFinished)
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.finished(&context)
    }

    private func failed(_ connection: UnsafeMutablePointer<Connection>, _ error: IOError) {
        unsafe connection.pointee.failureCode = error.code
        unsafe cut(connection)
    }

    /// Reads on what a lingering peer still sends, so that closing does not reset what was sent to it.
    private func discard(_ connection: UnsafeMutablePointer<Connection>) {
        let transport = unsafe connection.pointee.transport
        switch receiveBuffer.withSpan({ transport.receive(into: &$0) }) {
        case .bytes, .wouldBlock: return
        case .finished, .failed: unsafe cut(connection)
        }
    }

    /// Has the backlogs of those who yielded given when this turn ends, after everybody else's bytes.
    func resumeYielded() {
        guard unsafe !core.pointee.yielded.isEmpty else { return }
        // By position: no handler is called that could change it, and no copy is made.
        for position in unsafe core.pointee.yielded.indices {
            guard let connection = unsafe find(core.pointee.yielded[position]) else { continue }
            unsafe connection.pointee.state.remove(.yielded)
            unsafe core.pointee.touch(&connection.pointee)
        }
        unsafe core.pointee.yielded.removeAll(keepingCapacity: true)
    }

    // MARK: - Timers

    func serveTimers() {
        unsafe core.pointee.wheel.advance(to: core.pointee.now, into: &due)
        guard !due.isEmpty else { return }
        // By position, as above.
        for position in due.indices {
            let token = due[position]
            if token & Self.reservedSlot == Self.reservedSlot {
                scheduled.removeValue(forKey: token)?.body()
            } else {
                timedOut(ConnectionID(rawValue: token))
            }
        }
        due.removeAll(keepingCapacity: true)
    }

    private func timedOut(_ id: ConnectionID) {
        guard let connection = unsafe find(id), unsafe core.pointee.isDue(&connection.pointee)
        else { return }
        if unsafe !connection.pointee.state.isDisjoint(with: .unknown) {
            unsafe cut(connection)
        } else {
            var context = unsafe ConnectionContext(connection, core: core)
            handler?.timedOut(&context)
        }
    }
}
