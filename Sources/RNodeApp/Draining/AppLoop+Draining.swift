// A loop's part of a drain; the table stands in LoopDrain.
extension AppLoop {
    /// How long each step may take.
    var drainTimes: DrainConfiguration { core.configuration.drain }

    /// Has `body` run when so much of the drain's time is over, or at `limit`; at once when that was while this loop was
    /// blocked.
    func schedule(
        inDrain time: Duration, atMost limit: MonotonicInstant = .distantFuture,
        _ body: @escaping () -> Void
    ) {
        let began = core.drainBegins(at: eventLoop.now)
        eventLoop.schedule(at: min(began.advanced(by: time), limit), body)
    }

    /// The drain is announced: listeners close after `preStopDelay`.
    func announceDrain(whenStopped: @escaping @Sendable () -> Void) {
        guard drainTimes.preStopDelay > .zero else { return stopListening(whenStopped) }
        schedule(inDrain: drainTimes.preStopDelay) { [self] in
            stopListening(whenStopped)
        }
    }

    private func stopListening(_ whenStopped: () -> Void) {
        eventLoop.stopListening()
        whenStopped()
    }

    /// Begins the end of every connection; `report` is told how many were cut.
    func beginClosing(over window: Duration, report: @escaping @Sendable (Int) -> Void) {
        // Done already, unless this loop heard of the drain too late.
        eventLoop.stopListening()
        var webSockets: [ConnectionID] = []
        for id in eventLoop.openConnections() {
            if withWebSocket(id, { _ in true }) == true {
                webSockets.append(id)
            } else {
                closeIfIdle(id)
            }
        }
        webSockets.shuffle(using: &random)
        drain = LoopDrain(closing: webSockets, over: window, now: eventLoop.now, report: report)
        schedule(inDrain: drainTimes.connectionsTimeout) { [self] in cutWhatIsLeft() }
        closeDue()
    }

    // MARK: - HTTP

    private func closeIfIdle(_ id: ConnectionID) {
        _ = eventLoop.withConnection(id) { context in
            connections.borrow(at: id.slot) { state in
                state.withHTTP { closeIfIdle($0, &context) }
            }
        }
    }

    func closeIfIdle(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        guard http.borrow({ $0.session.isIdle }) else { return }
        setDrainDeadline(http, &connection)
    }

    /// Closes a connection between two requests; one that has not sent its first may still do so for a moment.
    private func setDrainDeadline(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        let timeout = drainTimes.firstRequestTimeout
        guard http.borrow({ $0.session.isFresh }), timeout > .zero else {
            return connection.close()
        }
        connection.deadline = connection.now.advanced(by: timeout)
    }

    // MARK: - WebSocket

    /// Closes those whose time has come, and sees to the next.
    private func closeDue() {
        while let id = drain?.next(at: eventLoop.now, jitter: random.next()) { bid(id) }
        guard let drain, drain.isWaiting else { return }
        eventLoop.schedule(at: drain.nextDue) { [self] in closeDue() }
    }

    /// Lets the app have its last word, and closes.
    private func bid(_ id: ConnectionID) {
        if let hook = drainTimes.onDrain,
            let peer = peer(id) ?? rawPeer(id), peer.isOpen
        {
            hook(WebSocketConnection(peer: peer))
        }
        close(id, .goingAway, reason: "server shutting down")
    }

    // MARK: - The end

    /// Connections that are open, and closed ones whose callbacks still run.
    var liveCount: Int { max(counters.connectionsOpen, livePeers) }

    /// Reports that nothing lives any more.
    func finishDrainIfQuiet() {
        guard let drain, !drain.isWaiting, liveCount == 0 else { return }
        self.drain = nil
        drain.report(0)
    }

    private func cutWhatIsLeft() {
        guard let drain else { return }
        self.drain = nil
        let left = liveCount
        counters.breached(.drainDeadline, times: left)
        for id in eventLoop.openConnections() { _ = eventLoop.withConnection(id) { $0.abort() } }
        drain.report(left)
    }
}
