import RNodeBytes

/// The state of an ``IOUring``: its streams, what is to be begun for them, and what has completed.
///
/// Nothing here trusts a completion to come once, in order or in time: one that fits nothing is counted, and its buffer goes
/// back. Used by the loop's thread only.
struct RingCore: ~Copyable {
    /// Received bytes of a stream from which on it receives no more until some were taken.
    static var receivedBytesMax: Int { 262_144 }
    /// So often in a row an operation may end without having brought anything; then calls of the system serve the stream.
    static var vainMax: UInt8 { 8 }

    let ring: any CompletionRing
    var streams = SlotTable<RingStream>()
    var buffers: RingBuffers
    /// What is being sent to up to 1,024 connections a turn takes no allocation.
    let pool = Owned(BufferPool<1024>(firstCapacity: 1_024))
    /// Streams for which something may have to be begun.
    var listed: [RingStreamID] = []
    /// Streams that may be ready.
    var ready: [RingStreamID] = []
    /// The kernel found no buffer for somebody.
    private(set) var hasStarved = false
    /// Operations that were asked for since the last submission.
    var placedCount = 0
    /// Completions that fitted nothing.
    var strayCount = 0
    /// What is to be cancelled as soon as the ring has room.
    private(set) var uncancelled: [RingOperation] = []
    private var freeSlots: [UInt32] = []
    private var generations: [UInt16] = []

    init(ring: any CompletionRing) {
        self.ring = ring
        buffers = RingBuffers(ring: ring)
    }

    /// How many slots there ever were.
    var slotCount: UInt32 { UInt32(truncatingIfNeeded: generations.count) }

    // MARK: - Slots

    /// A free slot, which `put` is to fill.
    mutating func reserve() -> RingStreamID {
        let slot = freeSlots.popLast() ?? newSlot()
        return RingStreamID(slot: slot, generation: generations[Int(slot)])
    }

    private mutating func newSlot() -> UInt32 {
        generations.append(1)
        return slotCount &- 1
    }

    mutating func put(_ descriptor: Int32, _ service: RingStream.Service, at id: RingStreamID) {
        streams.put(RingStream(descriptor, id, service), at: id.slot)
    }

    /// The stream with that name, unless it is gone.
    func find(_ id: RingStreamID) -> UnsafeMutablePointer<RingStream>? {
        // SAFETY: a stream's address is good until its slot is freed, which `freeIfDone` alone does, between two uses.
        guard let stream = unsafe streams.pointer(at: id.slot), unsafe stream.pointee.id == id
        else { return nil }
        return unsafe stream
    }

    /// Frees a closed stream whose operations have all completed.
    mutating func freeIfDone(_ id: RingStreamID) {
        // SAFETY: as above; taken out below, and not used after that.
        guard let stream = unsafe find(id),
            unsafe stream.pointee.state.contains(.closed),
            unsafe stream.pointee.operationCount == 0,
            unsafe stream.pointee.unsentBytes == 0, var gone = streams.take(at: id.slot)
        else { return }
        generations[Int(id.slot)] &+= 1
        freeSlots.append(id.slot)
        buffers.drop(&gone.received)
        if case .stream(let transport) = gone.service {
            transport.close(abort: gone.state.contains(.aborted))
        }
    }

    // MARK: - Lists

    /// Has operations begun for a stream before the next wait.
    mutating func list(_ stream: inout RingStream) {
        guard !stream.state.contains(.listed) else { return }
        stream.state.insert(.listed)
        listed.append(stream.id)
    }

    mutating func markReady(_ stream: inout RingStream) {
        guard !stream.state.contains(.ready) else { return }
        stream.state.insert(.ready)
        ready.append(stream.id)
    }

    mutating func forgetListed(first count: Int) {
        if count == listed.count {
            listed.removeAll(keepingCapacity: true)
        } else {
            listed.removeFirst(count)
        }
    }

    /// Sets what is wanted of a stream.
    mutating func watch(_ stream: inout RingStream, _ interest: Readiness, _ token: UInt64) {
        stream.state.insert(.watched)
        stream.interest = interest
        stream.token = token
        list(&stream)
        markReady(&stream)
    }

    // MARK: - Beginning operations

    /// Begins what a stream lacks, and ends what it needs no more. False when the ring has no room.
    mutating func begin(_ stream: inout RingStream) -> Bool {
        guard beginSending(&stream) else { return false }
        if stream.state.contains(.closed) { return endOperations(of: &stream) }
        guard stream.isServed else { return beginPolling(stream.interest, &stream) }
        guard beginReceiving(&stream) else { return false }
        let isUnread = !stream.interest.contains(.readable) || stream.state.contains(.finished)
        if isUnread, !stream.received.isEmpty { keep(&stream) }
        // Whoever is not read is watched for its end.
        let isWatched = isUnread && stream.failureCode == 0 && !stream.state.contains(.hungUp)
        return isWatched ? beginPolling([], &stream) : true
    }

    private mutating func place(
        _ operation: RingOperation, _ stream: inout RingStream, _ body: (UInt64) -> Bool
    ) -> Bool {
        guard tryTwice({ body(operation.rawValue) }) else { return false }
        stream.operationCount &+= 1
        return true
    }

    /// A ring that is full has room again once it was submitted.
    mutating func tryTwice(_ body: () -> Bool) -> Bool {
        if !body() {
            ring.submit()
            guard body() else { return false }
        }
        placedCount &+= 1
        return true
    }

    private mutating func beginSending(_ stream: inout RingStream) -> Bool {
        guard !stream.state.contains(.sending) else { return true }
        if stream.sending.isEmpty {
            guard !stream.unsent.isEmpty else { return true }
            swap(&stream.sending, &stream.unsent)
        }
        let operation = RingOperation(.send, stream.id)
        let descriptor = stream.descriptor
        // SAFETY: the bytes stay where they are, and as they are, until the operation has completed: `sending` is not
        // touched while the state says so, and the slot is not freed.
        let bytes = unsafe stream.sending.bytesInPlace
        let ring = ring
        guard
            place(operation, &stream, { unsafe ring.send(bytes, to: descriptor, as: $0) })
        else { return false }
        stream.state.insert(.sending)
        return true
    }

    private mutating func beginReceiving(_ stream: inout RingStream) -> Bool {
        let isWanted =
            stream.state.contains(.watched) && stream.interest.contains(.readable)
            && !stream.state.contains(.finished) && stream.failureCode == 0
            && stream.receivedBytes < Self.receivedBytesMax
        let isReceiving = stream.state.contains(.receiving)
        guard isWanted != isReceiving else { return true }
        guard isWanted else { return cancelReceiving(&stream) }
        let ring = ring
        let descriptor = stream.descriptor
        let isBegun: Bool
        if case .listener(let queue) = stream.service {
            guard !queue.hasFailed else { return true }
            isBegun = place(Self.receiving(stream), &stream) {
                ring.accept(descriptor, as: $0)
            }
        } else {
            isBegun = place(Self.receiving(stream), &stream) {
                ring.receive(descriptor, as: $0)
            }
        }
        if isBegun { stream.state.insert(.receiving) }
        return isBegun
    }

    private static func receiving(_ stream: borrowing RingStream) -> RingOperation {
        var kind = RingOperation.Kind.receive
        if case .listener = stream.service { kind = .accept }
        return RingOperation(kind, stream.id)
    }

    private mutating func cancelReceiving(_ stream: inout RingStream) -> Bool {
        guard stream.state.contains(.receiving), !stream.state.contains(.cancelling) else {
            return true
        }
        cancel(Self.receiving(stream))
        stream.state.insert(.cancelling)
        return true
    }

    private mutating func cancel(_ operation: RingOperation) {
        uncancelled.append(operation)
        cancelRest()
    }

    /// Cancels what there was no room to cancel before.
    mutating func cancelRest() {
        let ring = ring
        let cancelling = RingOperation(.cancel).rawValue
        while let operation = uncancelled.last {
            guard tryTwice({ ring.cancel(operation.rawValue, as: cancelling) }) else { return }
            uncancelled.removeLast()
        }
    }

    private mutating func beginPolling(
        _ interest: Readiness, _ stream: inout RingStream
    ) -> Bool {
        guard stream.state.contains(.watched), !stream.state.contains(.polling),
            stream.polled.isEmpty
        else { return true }
        stream.pollSequence &+= 1
        let ring = ring
        let descriptor = stream.descriptor
        // A half-close is told of in any case (RDHUP). Where nothing else is wanted, it is to be told of once.
        let repeats = interest.isEmpty || stream.state.contains(.pollsInVain)
        let isBegun = place(Self.polling(stream), &stream) {
            ring.poll(descriptor, for: interest, repeats: repeats, as: $0)
        }
        if isBegun { stream.state.insert(.polling) }
        return isBegun
    }

    private static func polling(_ stream: borrowing RingStream) -> RingOperation {
        RingOperation(.poll, stream.id, sequence: stream.pollSequence)
    }

    /// What was polled counts no more: another interest, or none.
    mutating func endPolling(_ stream: inout RingStream) {
        stream.polled = []
        guard stream.state.contains(.polling) else { return }
        cancel(Self.polling(stream))
        stream.state.remove(.polling)
        stream.pollSequence &+= 1
    }

    /// Ends what a closed stream still has under way, but for a send that is to be finished.
    private mutating func endOperations(of stream: inout RingStream) -> Bool {
        guard stream.isOwned, stream.operationCount > 0, !stream.state.contains(.cancelled) else {
            return true
        }
        guard stream.unsentBytes == 0 || !stream.state.isDisjoint(with: .unsendable) else {
            if stream.state.contains(.polling) { endPolling(&stream) }
            return cancelReceiving(&stream)
        }
        let ring = ring
        let descriptor = stream.descriptor
        let cancelling = RingOperation(.cancel).rawValue
        guard tryTwice({ ring.cancelAll(of: descriptor, as: cancelling) }) else { return false }
        stream.state.insert(.cancelled)
        return true
    }

    /// Notes that the kernel found no buffer.
    mutating func starve() {
        hasStarved = true
    }

    /// Offers the kernel more buffers; when all are offered, those that hold what somebody has not taken yet.
    mutating func makeRoom() {
        hasStarved = false
        guard !buffers.offerMore() else { return }
        for id in ready {
            // SAFETY: as above.
            guard let stream = unsafe find(id), unsafe !stream.pointee.received.isEmpty else {
                continue
            }
            unsafe keep(&stream.pointee)
        }
    }

    /// Moves what was received out of the ring's buffers, which others need.
    private mutating func keep(_ stream: inout RingStream) {
        var kept = stream.kept.take()?.take() ?? ByteBuffer()
        buffers.move(from: &stream.received, to: &kept)
        stream.kept = Owned(kept)
    }
}
