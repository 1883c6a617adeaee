// What waits for slow receivers beside their output. None of it is touched while a peer reads what it is sent.
extension LoopCore {
    /// Whether messages to a connection are kept apart now, because it has not taken all it was sent.
    func keepsApart(_ connection: borrowing Connection) -> Bool {
        guard connection.overflowPolicy != .refuse else { return false }
        return connection.state.contains(.behind) || connection.waiting != nil
    }

    /// Whether `count` bytes may join the output of a connection that keeps messages apart when it must: nothing waits,
    /// and the output stays below its mark. So little is ever in it that can't be dropped any more.
    mutating func joins(_ count: Int, on connection: inout Connection) -> Bool {
        guard !keepsApart(connection) else { return false }
        let mark = outputMark(of: connection)
        if connection.output.count &+ count <= mark { return true }
        touch(&connection)
        send(from: &connection)
        if connection.output.isEmpty, count <= mark { return true }
        withWaiting(of: &connection) { _ in }
        return false
    }

    /// How much of what a policy may drop is put into the output at once: up to the soft mark, and no more than half of
    /// what the connection may hold, so that there is always room for what waits.
    private func outputMark(of connection: borrowing Connection) -> Int {
        min(limits.outputSoftMarkBytes, connection.outputHardCapBytes / 2)
    }

    /// Has a message wait for a slow receiver; false when it was dropped or refused.
    mutating func enqueue(
        _ bytes: Span<UInt8>, key: String?, isDroppable: Bool, on connection: inout Connection
    ) -> Bool {
        guard !bytes.isEmpty, connection.state.isDisjoint(with: [.deaf, .sealed, .overflowed])
        else {
            return false
        }
        let charge = WaitingMessages.charge(bytes.count)
        let isFull = connection.unsentCount &+ charge > connection.outputHardCapBytes
        if isFull, !connection.state.contains(.behind) { send(from: &connection) }
        // A message that finds nothing unsent is always taken.
        let bytesMax =
            connection.unsentCount == 0
            ? Int.max : connection.outputHardCapBytes &- connection.output.count
        let policy = connection.overflowPolicy
        let outcome = withWaiting(of: &connection) {
            $0.take(bytes, key: key, isDroppable: isDroppable, bytesMax: bytesMax, policy)
        }
        touch(&connection)
        if case .overflowed = outcome { connection.state.insert(.overflowed) }
        if case .taken = outcome { return true }
        return false
    }

    /// Puts off an answer of which only the newest counts, until the peer has taken some of what is before it.
    mutating func putOff(_ answer: Span<UInt8>, on connection: inout Connection) {
        withWaiting(of: &connection) { $0.answer = answer.copied() }
        touch(&connection)
    }

    private func withWaiting<Result>(
        of connection: inout Connection, _ body: (inout WaitingOutput) -> Result
    ) -> Result {
        let waiting = connection.waiting.take() ?? Owned(WaitingOutput())
        let result = waiting.update(body)
        connection.waiting = consume waiting
        return result
    }

    /// Goes on with what waits: the answer once the peer has read on, messages when all before them is sent.
    @inline(never)
    mutating func sendWaiting(from connection: inout Connection, hasProgress: Bool) {
        guard let waiting = connection.waiting.take() else { return }
        if hasProgress { waiting.update { Self.moveAnswer(of: &$0, to: &connection.output) } }
        while connection.output.isEmpty, !connection.state.contains(.aborted) {
            let bytesMax = outputMark(of: connection)
            waiting.update { Self.move(&$0, to: &connection.output, until: bytesMax) }
            let before = connection.output.count
            guard before > 0 else { break }
            sendAll(from: &connection)
            noteProgress(before &- connection.output.count, &connection)
        }
        let isIdle = waiting.borrow { $0.isIdle }
        if !isIdle { connection.waiting = consume waiting }
    }

    /// Puts everything that waits into the output: whatever comes next is not to overtake it.
    mutating func releaseWaiting(of connection: inout Connection) {
        guard let waiting = connection.waiting.take() else { return }
        waiting.update {
            Self.moveAnswer(of: &$0, to: &connection.output)
            Self.move(&$0, to: &connection.output, until: .max)
        }
        let isIdle = waiting.borrow { $0.isIdle }
        if !isIdle { connection.waiting = consume waiting }
    }

    /// How many messages were dropped since this was last asked.
    mutating func takeDroppedCount(of connection: inout Connection) -> Int {
        guard let waiting = connection.waiting.take() else { return 0 }
        let count = waiting.update { waiting in
            let count = waiting.droppedCount
            waiting.droppedCount = 0
            return count
        }
        let isIdle = waiting.borrow { $0.isIdle }
        if !isIdle { connection.waiting = consume waiting }
        return count
    }

    private static func moveAnswer(of waiting: inout WaitingOutput, to output: inout ByteBuffer) {
        output.append(waiting.answer.span)
        waiting.answer = []
    }

    private static func move(
        _ waiting: inout WaitingOutput, to output: inout ByteBuffer, until bytesMax: Int
    ) {
        if output.isEmpty { moveAnswer(of: &waiting, to: &output) }
        while output.count < bytesMax, let message = waiting.messages.takeFirst() {
            output.append(message.span)
        }
    }

    // MARK: - Accounts

    /// Brings the loop's sum of unsent bytes up to date with a connection; once a turn, not for each message.
    mutating func account(_ connection: inout Connection) {
        let unsent = connection.unsentCount
        guard unsent != connection.accountedBytes else { return }
        unsentBytes &+= unsent &- connection.accountedBytes
        connection.accountedBytes = unsent
    }

    /// The connections with unsent bytes, the slowest first: whose peer has taken nothing for the longest time.
    ///
    /// Those above the soft mark come before all others, whose end would win little.
    func slowestConnections() -> [SlowConnection] {
        var found: [(slow: SlowConnection, isAbove: Bool, stallDeadline: MonotonicInstant)] = []
        let softMark = limits.outputSoftMarkBytes
        for id in openConnections(unknownToo: true) {
            connections.borrow(at: id.slot) { connection in
                guard connection.unsentCount > 0, !connection.state.contains(.aborted) else {
                    return
                }
                found.append(
                    (
                        SlowConnection(id: id, unsentBytes: connection.unsentCount),
                        connection.unsentCount > softMark,
                        connection.stallDeadline
                    ))
            }
        }
        found.sort { left, right in
            if left.isAbove != right.isAbove { return left.isAbove }
            if left.stallDeadline != right.stallDeadline {
                return left.stallDeadline < right.stallDeadline
            }
            return left.slow.unsentBytes > right.slow.unsentBytes
        }
        return found.map(\.slow)
    }
}

/// A connection with unsent bytes.
public struct SlowConnection: Sendable, Hashable {
    /// Which one.
    public let id: ConnectionID
    /// How many bytes wait for it.
    public let unsentBytes: Int
}
