// What is sent: when somebody delivers it, when a read was answered, and when a turn ends.
extension LoopCore {
    /// Whether `count` more bytes fit below the hard cap, after sending what the transport takes.
    ///
    /// On a no the message may still wait, if the connection ``keepsApart(_:)`` messages.
    mutating func accepts(_ count: Int, on connection: inout Connection) -> Bool {
        guard connection.state.isDisjoint(with: [.deaf, .overflowed]) else { return false }
        if connection.state.contains(.keepsMessages) { return joins(count, on: &connection) }
        if fits(count, on: connection) { return true }
        touch(&connection)
        send(from: &connection)
        if fits(count, on: connection) { return true }
        connection.state.insert(.overflowed)
        return false
    }

    private func fits(_ count: Int, on connection: borrowing Connection) -> Bool {
        let unsent = connection.unsentCount
        return unsent == 0 || unsent &+ count <= connection.outputHardCapBytes
    }

    /// Gives a connection bytes that others get too: sent at once when nothing is before them.
    mutating func deliver(_ bytes: Span<UInt8>, to connection: inout Connection) -> Bool {
        guard !connection.state.contains(.sealed), accepts(bytes.count, on: &connection)
        else { return false }
        var sent = 0
        if connection.output.isEmpty, !connection.state.contains(.touched) {
            guard let count = took(connection.transport.send(bytes), &connection)
            else {
                touch(&connection)
                return false
            }
            sent = max(count, 0)
        }
        guard sent < bytes.count else { return true }
        if connection.output.capacity == 0 { pool.fill(&connection.output) }
        connection.output.append(bytes.extracting(sent...))
        touch(&connection)
        return true
    }

    /// Ends a read: what was answered is sent at once when that is all there is to do, while the connection is still in the
    /// processor's caches; anything else waits for the turn's end.
    @inline(__always)
    mutating func answer(from connection: inout Connection) {
        guard connection.hasOnlyOutput, sendsAll(from: &connection) else {
            return touch(&connection)
        }
        pool.drain(&connection.output)
    }

    /// Sends the output once: true when all of it has gone and is to be forgotten, false when some of it is left. A short send
    /// means that the kernel is full; asking again would only say so.
    @inline(__always)
    private mutating func sendsAll(from connection: inout Connection) -> Bool {
        let unsent = connection.output.count
        guard unsent > 0 else { return true }
        guard unsent < Self.copiedBytesMax else { return givesAll(from: &connection) }
        let transport = connection.transport
        guard
            let sent = took(connection.output.withSpan { transport.send($0) }, &connection)
        else { return false }
        guard sent < unsent else { return true }
        connection.output.removeFirst(sent)
        return false
    }

    /// More bytes than these may be dearer to copy than to give away with their memory.
    private static var copiedBytesMax: Int { 2_048 }

    /// The same with many bytes, whose memory the transport may take.
    @inline(never)
    private mutating func givesAll(from connection: inout Connection) -> Bool {
        let result = connection.transport.send(from: &connection.output)
        return took(result, &connection) != nil && connection.output.isEmpty
    }

    /// How many bytes a send took, as the transport says; nil when the stream broke, which is noted.
    @inline(__always)
    private func took(_ result: SendResult, _ connection: inout Connection) -> Int? {
        switch result {
        case .bytes(let sent): return sent
        case .wouldBlock: return 0
        case .failed(let error):
            broke(error, &connection)
            return nil
        }
    }

    /// Sends as much of the output as the transport takes.
    mutating func send(from connection: inout Connection) {
        guard !connection.output.isEmpty || connection.waiting != nil else { return }
        let before = connection.output.count
        sendAll(from: &connection)
        let sent = before &- connection.output.count
        noteProgress(sent, &connection)
        if connection.waiting != nil { sendWaiting(from: &connection, hasProgress: sent > 0) }
    }

    @inline(__always)
    mutating func sendAll(from connection: inout Connection) {
        guard !connection.state.contains(.aborted) else { return }
        if sendsAll(from: &connection) { connection.output.removeAll() }
    }

    /// Nothing can be sent any more. What a peer that has hung up had sent before is still given to the handler.
    private func broke(_ error: IOError, _ connection: inout Connection) {
        guard !connection.state.contains(.hungUp) else {
            connection.output.removeAll()
            connection.waiting = nil
            return
        }
        connection.failureCode = error.code
        connection.state.insert(.aborted)
    }

    /// Takes back the output's memory when nothing is unsent.
    @inline(__always)
    mutating func reclaimOutput(of connection: inout Connection) {
        guard connection.output.isEmpty, connection.output.capacity > 0 else { return }
        pool.drain(&connection.output)
    }
}
