// Where connections come from: listeners, and streams handed over by other loops.
//
// SAFETY: `core` is the loop's own, and a connection's address is good until its slot is freed, at the end of a turn.
extension EventLoop {
    /// A listener of the loop, at its place in `listeners`.
    struct ListenerSlot {
        let listener: any Listener
        /// Where the listener's connections go; this loop when empty.
        let handsOffTo: [EventLoop]
        /// Whose turn it is among those.
        var next = 0
        /// False while it rests because descriptors ran out.
        var isWatched: Bool
        var isOpen = true
    }

    /// Accepts connections from `listener`, which the loop owns from now on. On the loop's thread, or before it runs.
    ///
    /// With `handsOffTo` each connection goes to the next of those loops in turn: for a listener of which there
    /// can be only one, such as a Unix path.
    public func listen(
        on listener: any Listener, handsOffTo loops: [EventLoop] = []
    ) throws(IOError) {
        let token = Self.firstListenerSlot &+ UInt64(listeners.count)
        try backend.add(listener.descriptor, interest: .readable, token: token)
        listeners.append(
            ListenerSlot(listener: listener, handsOffTo: loops, isWatched: true))
    }

    /// Gives an accepted stream to the loop whose turn it is.
    private func place(
        _ transport: any Transport, from remote: SocketAddress, by position: Int
    ) {
        let loops = listeners[position].handsOffTo
        guard !loops.isEmpty else { return take(transport, from: remote) }
        let chosen = loops[listeners[position].next % loops.count]
        listeners[position].next = (listeners[position].next + 1) % loops.count
        guard chosen !== self else { return take(transport, from: remote) }
        let stream = HandedOff(transport: transport)
        let isPosted = chosen.post { $0.take(stream.transport, from: remote) }
        if !isPosted { transport.close(abort: true) }
    }

    /// A stream on its way to another loop.
    //
    // @unchecked: the giving loop keeps no reference; the taking one is the only user from here on.
    private struct HandedOff: @unchecked Sendable {
        let transport: any Transport
    }

    /// Stops accepting, and closes the listeners. On the loop's thread only.
    public func stopListening() {
        for position in listeners.indices where listeners[position].isOpen {
            if listeners[position].isWatched {
                backend.remove(listeners[position].listener.descriptor)
            }
            listeners[position].listener.close()
            listeners[position].isOpen = false
            listeners[position].isWatched = false
        }
    }

    func accept(from position: Int) {
        guard listeners.indices.contains(position), listeners[position].isWatched else { return }
        let listener = listeners[position].listener
        for _ in 0..<limits.acceptsPerTurnMax {
            guard unsafe core.pointee.openCount < limits.connectionsMax else {
                return rest(position)
            }
            switch listener.accept() {
            case .accepted(let transport, let remote):
                place(transport, from: remote, by: position)
            case .retry: continue
            case .wouldBlock: return
            case .exhausted, .failed: return rest(position)
            }
        }
    }

    /// Leaves a listener alone for a while: asking again at once would spin.
    private func rest(_ position: Int) {
        let listener = listeners[position].listener
        backend.remove(listener.descriptor)
        listeners[position].isWatched = false
        schedule(at: now.advanced(by: limits.acceptBackOff)) { [self] in
            guard listeners[position].isOpen else { return }
            let token = Self.firstListenerSlot &+ UInt64(position)
            do throws(IOError) {
                try backend.add(listener.descriptor, interest: .readable, token: token)
                listeners[position].isWatched = true
            } catch {
                rest(position)
            }
        }
    }

    /// Makes a connection of a stream that came from elsewhere (a listener that hands off). On the loop's thread only.
    public func take(_ transport: any Transport, from remote: SocketAddress) {
        guard let id = unsafe core.pointee.insert(transport), let connection = unsafe find(id)
        else { return }
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.accepted(&context, remote: remote)
    }
}
