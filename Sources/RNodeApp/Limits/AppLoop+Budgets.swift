internal import Logging

// What all connections together hold, and who has to go when it is too much.
//
// Each loop keeps its own sums, raised once a turn, and shows them as counts that only it writes. The sums of all loops are
// added up only when a loop's own has grown by a step: nothing is shared for a message.
extension AppLoop {
    /// Shows this loop's sums, and looks at those of all when they have grown.
    func settleAccounts() {
        let unsent = eventLoop.unsentBytes
        if unsent != counters.outboundBytes.value { counters.outboundBytes.set(unsent) }
        if outboundStep.isTaken(by: unsent) { shedOutbound() }
        if unfinishedBytes != counters.unfinishedBytes.value {
            counters.unfinishedBytes.set(unfinishedBytes)
        }
        if unfinishedStep.isTaken(by: unfinishedBytes) { shedUnfinished() }
        let ratio = deflateStreams.inflateRatioHighest
        if ratio != counters.inflateRatioHighest.value { counters.inflateRatioHighest.set(ratio) }
    }

    /// Brings the sum of unfinished messages up to date with a connection, once for each read.
    func account(_ state: borrowing Owned<WebSocketState>) {
        state.update { state in
            let held = state.session.unfinishedByteCount
            guard held != state.accountedBytes else { return }
            unfinishedBytes &+= held &- state.accountedBytes
            state.accountedBytes = held
        }
    }

    /// The same with the body of a request, which is no more the loop's once it is there as a whole.
    func account(_ incoming: IncomingRequest, holding count: Int) {
        unfinishedBytes &+= count &- incoming.accountedBytes
        incoming.accountedBytes = count
    }

    // MARK: - Outbound

    /// Cuts the slowest connections of this loop, if all loops together hold too much and this one more than its share;
    /// has the others look at theirs when that is not enough.
    @inline(never)
    func shedOutbound(asksOthers: Bool = true) {
        let budget = core.memory.outboundBytesMax
        // Who was cut in this turn is in the sums until its end: it is not to be made up for once more.
        counters.outboundBytes.set(eventLoop.unsentBytes)
        var excess = core.metrics.outboundBytes &- budget &- bytesCut
        var own = eventLoop.unsentBytes &- bytesCut
        let share = budget / max(core.loopCount, 1)
        guard excess > 0 else { return }
        if own > share {
            for slow in eventLoop.slowestConnections() where excess > 0 && own > share {
                excess &-= slow.unsentBytes
                own &-= slow.unsentBytes
                bytesCut &+= slow.unsentBytes
                cut(slow.id)
            }
        }
        if excess > 0, asksOthers { askOthers { $0.shedOutbound(asksOthers: false) } }
    }

    /// The turn is over: who was cut in it is gone now, and in no sum any more.
    func forgetCuts() { bytesCut = 0 }

    private func cut(_ connection: ConnectionID) {
        counters.failed(.memoryBudget)
        counters.breached(.outboundBytesMax)
        let peer = eventLoop.withConnection(connection) { context -> WebSocketPeer? in
            context.dropWaiting()
            context.abort()
            return withWebSocket(connection) { webSocket -> WebSocketPeer? in
                webSocket.update { $0.closeReason = Self.slowConsumer }
                return webSocket.borrow { $0.peer }
            } ?? nil
        }
        (peer ?? nil)?.raiseError(
            Self.slowConsumer, type: "slow_consumer", closeCode: CloseCode.tryAgainLater.rawValue)
    }

    // MARK: - Unfinished

    /// Closes the connections of this loop that hold most, if all loops together hold too much and this one more than
    /// its share; has the others look at theirs when that is not enough.
    @inline(never)
    func shedUnfinished(asksOthers: Bool = true) {
        let budget = core.memory.unfinishedBytesMax
        // Others may ask several times in a turn: what was freed for the first counts for the second.
        counters.unfinishedBytes.set(unfinishedBytes)
        var excess = core.metrics.unfinishedBytes &- budget
        let share = budget / max(core.loopCount, 1)
        guard excess > 0 else { return }
        if unfinishedBytes > share {
            for holder in largestHolders() where excess > 0 && unfinishedBytes > share {
                excess &-= holder.bytes
                end(holder.id)
            }
        }
        if excess > 0, asksOthers { askOthers { $0.shedUnfinished(asksOthers: false) } }
    }

    private func largestHolders() -> [(id: ConnectionID, bytes: Int)] {
        eventLoop.openConnections().compactMap { id in
            let bytes = connections.borrow(at: id.slot) { state in
                switch state {
                case .http(let http): http.borrow { $0.incoming?.accountedBytes ?? 0 }
                case .webSocket(let webSocket): webSocket.borrow { $0.accountedBytes }
                }
            }
            guard let bytes, bytes > 0 else { return nil }
            return (id, bytes)
        }.sorted { $0.bytes > $1.bytes }
    }

    private func end(_ connection: ConnectionID) {
        _ = eventLoop.withConnection(connection) { context in
            connections.borrow(at: connection.slot) { state in
                switch state {
                case .http(let http): end(http, &context)
                case .webSocket(let webSocket): end(webSocket, &context)
                }
            }
        }
    }

    private func end(
        _ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext
    ) {
        state.update { $0.session.dropUnfinished() }
        account(state)
        fail(.tooMuchUnfinished, state, &connection)
        setDeadline(state, &connection)
    }

    /// Drops the body, and answers 503 unless another error was answered before.
    private func end(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        guard let incoming = http.update({ $0.takeIncoming() }) else { return }
        account(incoming, holding: 0)
        guard !connection.isClosing else { return }
        counters.failed(.memoryBudget)
        counters.breached(.unfinishedBytesMax)
        answerOverload("Too much in unfinished requests", http, &connection)
    }

    // MARK: - Both

    private func askOthers(_ body: @escaping @Sendable (AppLoop) -> Void) {
        for other in core.loops where other !== self {
            other.eventLoop.post { _ in body(other) }
        }
    }
}

/// Whether a sum has grown so much that the sums of all are worth looking at.
struct BudgetStep {
    private let step: Int
    private var lookedAt = 0

    /// For a budget that so many loops share: sixteen steps in a loop's share, none of more than 64 KiB.
    init(budget: Int, loops: Int) {
        step = min(max(budget / max(loops, 1) / 16, 1), 65_536)
    }

    mutating func isTaken(by sum: Int) -> Bool {
        if sum < lookedAt { lookedAt = sum }
        guard sum &- lookedAt >= step else { return false }
        lookedAt = sum
        return true
    }
}
