import RNodeBytes

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// What completed: bytes for a stream, room for more, or its end.
//
// SAFETY: `find` gives the address of a stream that is there; its slot is freed after the last use of that.
extension RingCore {
    /// Takes one completion in, whatever it says.
    mutating func completed(_ completion: RingCompletion) {
        guard let operation = RingOperation(rawValue: completion.operation) else {
            return stray(completion, isAccept: false)
        }
        guard operation.kind != .cancel else { return }
        guard let stream = unsafe find(operation.stream) else {
            return stray(completion, isAccept: operation.kind == .accept)
        }
        switch operation.kind {
        case .receive: unsafe received(completion, &stream.pointee)
        case .send: unsafe sent(completion, &stream.pointee)
        case .poll: unsafe polled(completion, operation, &stream.pointee)
        case .accept: unsafe accepted(completion, &stream.pointee)
        case .cancel, .wake: return
        }
        freeIfDone(operation.stream)
    }

    private mutating func stray(_ completion: RingCompletion, isAccept: Bool) {
        strayCount &+= 1
        if let buffer = completion.buffer { buffers.reject(buffer) }
        if isAccept, completion.result >= 0 {
            FileDescriptor(owning: completion.result).close()
        }
    }

    /// Notes that an operation has completed for the last time. False when none was under way.
    private mutating func ended(
        _ operation: RingStreamState, _ stream: inout RingStream
    ) -> Bool {
        guard stream.state.contains(operation), stream.operationCount > 0 else { return false }
        stream.state.remove(operation)
        stream.operationCount &-= 1
        return true
    }

    // MARK: - Receiving

    private mutating func received(
        _ completion: RingCompletion, _ stream: inout RingStream
    ) {
        guard stream.state.contains(.receiving) else {
            return stray(completion, isAccept: false)
        }
        if let buffer = completion.buffer {
            let isTaken =
                !stream.state.contains(.closed) && completion.result > 0
                && buffers.take(buffer, count: Int(completion.result), into: &stream.received)
            if isTaken { stream.vainCount = 0 } else { buffers.reject(buffer) }
        }
        if !completion.continues, ended(.receiving, &stream) {
            stream.state.remove(.cancelling)
            if completion.result == 0 {
                stream.state.insert(.finished)
            } else if completion.result < 0 {
                receivingFailed(0 &- completion.result, &stream)
            }
        }
        // Whoever is unread gives its buffers back; whoever receives no more may have to begin again.
        let isUnread = !stream.interest.contains(.readable)
        if isUnread || !stream.state.contains(.receiving) { list(&stream) }
        markReady(&stream)
    }

    private mutating func receivingFailed(_ code: Int32, _ stream: inout RingStream) {
        switch code {
        case ENOBUFS: starve()
        case ECANCELED, EAGAIN, EINTR: stream.vainCount = min(stream.vainCount &+ 1, .max &- 1)
        // A kernel, or a kind of socket, that can't.
        case EINVAL, EOPNOTSUPP: stream.vainCount = Self.vainMax
        default: if !stream.state.contains(.closed) { stream.failureCode = code }
        }
        if stream.vainCount >= Self.vainMax { stream.state.insert(.usesCalls) }
    }

    private mutating func accepted(
        _ completion: RingCompletion, _ stream: inout RingStream
    ) {
        guard case .listener(let queue) = stream.service,
            stream.state.contains(.receiving)
        else { return stray(completion, isAccept: true) }
        queue.completed(completion.result)
        if !completion.continues, ended(.receiving, &stream) {
            stream.state.remove(.cancelling)
            list(&stream)
        }
        markReady(&stream)
    }

    // MARK: - Sending

    private mutating func sent(
        _ completion: RingCompletion, _ stream: inout RingStream
    ) {
        guard !completion.continues, ended(.sending, &stream) else {
            return stray(completion, isAccept: false)
        }
        switch completion.result {
        case 1...: stream.sending.removeFirst(Int(completion.result))
        case 0, -EAGAIN, -EINTR: break
        default: sendingFailed(0 &- completion.result, &stream)
        }
        if !stream.state.isDisjoint(with: .unsendable) {
            stream.sending.removeAll()
            stream.unsent.removeAll()
        }
        if stream.unsentBytes > 0 {
            list(&stream)
        } else {
            sentAll(&stream)
        }
        if stream.interest.contains(.writable) { markReady(&stream) }
    }

    private mutating func sendingFailed(
        _ code: Int32, _ stream: inout RingStream
    ) {
        stream.sending.removeAll()
        stream.unsent.removeAll()
        guard !stream.state.contains(.closed) else { return }
        stream.failureCode = code
        markReady(&stream)
    }

    private mutating func sentAll(_ stream: inout RingStream) {
        giveBack(&stream.sending)
        if stream.unsent.capacity > 0 { giveBack(&stream.unsent) }
        if stream.state.contains(.finishing), case .stream(let transport) = stream.service {
            stream.state.remove(.finishing)
            transport.finishSending()
        }
        if stream.state.contains(.closed) { list(&stream) }
    }

    private func giveBack(_ buffer: inout ByteBuffer) {
        pool.update { $0.drain(&buffer) }
    }

    // MARK: - Polling

    private mutating func polled(
        _ completion: RingCompletion, _ operation: RingOperation, _ stream: inout RingStream
    ) {
        if !completion.continues, stream.operationCount > 0 { stream.operationCount &-= 1 }
        guard operation.sequence == stream.pollSequence, stream.state.contains(.polling) else {
            return
        }
        if !completion.continues { stream.state.remove(.polling) }
        guard completion.result != -ECANCELED else { return }
        let found: Readiness =
            completion.result < 0
            ? .failed : Readiness(rawValue: UInt8(truncatingIfNeeded: completion.result))
        if found.isEmpty {
            stream.state.insert(.pollsInVain)
            return list(&stream)
        }
        if stream.isServed {
            if found.contains(.failed) { stream.state.insert(.hungUp) }
        } else {
            stream.polled = found
        }
        markReady(&stream)
    }

    // MARK: - Telling

    /// Adds what is ready now to `events`, at most `most`; who is beyond that comes first next time.
    mutating func report(
        into events: inout [BackendEvent], most: Int, scratch: inout [RingStreamID]
    ) {
        guard !ready.isEmpty else { return }
        scratch.removeAll(keepingCapacity: true)
        var position = 0
        while position < ready.count, events.count < most {
            let id = ready[position]
            position += 1
            guard let stream = unsafe find(id) else { continue }
            let readiness = unsafe Self.readiness(of: stream.pointee)
            guard !readiness.isEmpty else {
                unsafe stream.pointee.state.remove(.ready)
                continue
            }
            events.append(unsafe BackendEvent(token: stream.pointee.token, readiness: readiness))
            scratch.append(id)
            if unsafe !stream.pointee.polled.isEmpty {
                // Polled once more, before the next wait: what is not served is told of again.
                unsafe endPolling(&stream.pointee)
                unsafe stream.pointee.state.remove(.pollsInVain)
                unsafe list(&stream.pointee)
            }
        }
        if position == ready.count {
            swap(&ready, &scratch)
        } else {
            ready.removeFirst(position)
            ready.append(contentsOf: scratch)
        }
    }

    /// Whether something is ready that was not told of yet, or not served.
    var isAnyReady: Bool {
        ready.contains { id in
            guard let stream = unsafe find(id) else { return false }
            return unsafe !Self.readiness(of: stream.pointee).isEmpty
        }
    }

    private static func readiness(of stream: borrowing RingStream) -> Readiness {
        guard stream.state.contains(.watched) else { return [] }
        var readiness = stream.polled
        if stream.isServed {
            if stream.unsentBytes < RingTransport.unsentBytesMax { readiness.insert(.writable) }
            let isUnread =
                !stream.interest.contains(.readable) || stream.state.contains(.finished)
            if stream.state.contains(.hungUp), isUnread { readiness.insert(.failed) }
        }
        if stream.isReadable { readiness.insert(.readable) }
        if stream.failureCode != 0 { readiness.insert(.failed) }
        return readiness.intersection(stream.interest.union(.failed))
    }
}
