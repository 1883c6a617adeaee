import RNodeBytes
import Synchronization

// What a stream's owner takes, sends, and throws away.
extension RingCore {
    /// Gives a stream's owner what has arrived, or says why nothing has.
    mutating func receive(
        into bytes: inout MutableSpan<UInt8>, _ stream: inout RingStream
    ) -> ReceiveResult {
        let count = takeReceived(&stream, into: &bytes)
        if count > 0 { return .bytes(count) }
        if stream.failureCode != 0 {
            return .failed(IOError("recv", code: stream.failureCode))
        }
        if stream.state.contains(.finished) { return .finished }
        // With nothing under way, the kernel is asked.
        guard !stream.state.contains(.receiving), case .stream(let transport) = stream.service
        else { return .wouldBlock }
        let result = transport.receive(into: &bytes)
        if result == .finished { stream.state.insert(.finished) }
        return result
    }

    /// Copies received bytes, as many as fit. How many; 0 when none are there.
    private mutating func takeReceived(
        _ stream: inout RingStream, into bytes: inout MutableSpan<UInt8>
    ) -> Int {
        // What is kept was received first.
        let count =
            stream.kept == nil
            ? buffers.copy(from: &stream.received, into: &bytes)
            : takeKept(&stream, into: &bytes)
        if count > 0, !stream.state.contains(.receiving) { list(&stream) }
        return count
    }

    private func takeKept(
        _ stream: inout RingStream, into bytes: inout MutableSpan<UInt8>
    ) -> Int {
        guard var kept = stream.kept.take()?.take() else { return 0 }
        let count = kept.withSpan { bytes.replace(from: 0, by: $0) }
        kept.removeFirst(count)
        if !kept.isEmpty { stream.kept = Owned(kept) }
        return count
    }

    /// Takes bytes to be sent when the loop waits next; as many as there is room for.
    mutating func send(
        _ bytes: Span<UInt8>, _ stream: inout RingStream
    ) -> SendResult {
        guard stream.failureCode == 0 else {
            return .failed(IOError("send", code: stream.failureCode))
        }
        if stream.state.contains(.usesCalls), stream.unsentBytes == 0,
            case .stream(let transport) = stream.service
        {
            return transport.send(bytes)
        }
        let count = min(RingTransport.unsentBytesMax &- stream.unsentBytes, bytes.count)
        guard count > 0 else { return .wouldBlock }
        if stream.unsent.capacity == 0 { pool.update { $0.fill(&stream.unsent) } }
        stream.unsent.append(count == bytes.count ? bytes : bytes.extracting(first: count))
        list(&stream)
        return .bytes(count)
    }

    /// Takes a buffer's bytes to be sent, with their memory. False, and nothing is taken, where some wait before them, or
    /// not all of them may.
    mutating func takeWhole(_ buffer: inout ByteBuffer, _ stream: inout RingStream) -> Bool {
        guard stream.unsent.isEmpty,
            buffer.count <= RingTransport.unsentBytesMax &- stream.unsentBytes,
            stream.failureCode == 0, !stream.state.contains(.usesCalls)
        else { return false }
        // As much memory is left as is taken: whoever lends these buffers gets one back.
        if stream.unsent.capacity == 0 { pool.update { $0.fill(&stream.unsent) } }
        swap(&stream.unsent, &buffer)
        buffer.removeAll()
        list(&stream)
        return true
    }

    /// What is not sent, or sent and not taken by the peer. A send that the kernel is about to tell of counts twice.
    func untakenCount(_ id: RingStreamID) -> Int? {
        // SAFETY: read, and nothing is freed meanwhile.
        guard let stream = unsafe find(id),
            case .stream(let transport) = unsafe stream.pointee.service,
            let count = transport.untakenCount
        else { return nil }
        return unsafe stream.pointee.unsentBytes &+ count
    }

    /// Throws away what was received for a stream that is closed, and what it would still send when it is reset.
    mutating func throwAway(_ stream: inout RingStream) {
        buffers.drop(&stream.received)
        stream.kept = nil
        guard !stream.state.isDisjoint(with: .unsendable) else { return }
        stream.unsent.removeAll()
        // What is under way is thrown away when it has ended.
        if !stream.state.contains(.sending) { stream.sending.removeAll() }
    }

    /// Closes a stream for its owner; its slot is freed when its operations have completed.
    mutating func close(_ stream: inout RingStream, abort: Bool) {
        stream.state.insert(abort ? [.closed, .aborted] : .closed)
        stream.state.remove(.watched)
        throwAway(&stream)
        list(&stream)
    }

    // MARK: - The end

    /// Whether something is still to be sent, other than for those that are reset.
    //
    // SAFETY: nothing is freed meanwhile.
    var isSending: Bool {
        (0..<slotCount).contains { slot in
            guard let stream = unsafe streams.pointer(at: slot) else { return false }
            return unsafe stream.pointee.unsentBytes > 0
                && stream.pointee.state.isDisjoint(with: .unsendable)
        }
    }

    /// Closes whatever is left: by a reset, unless its owner had closed it in good order.
    mutating func closeAll() {
        // SAFETY: `close` empties no slot.
        for slot in 0..<slotCount {
            guard let stream = unsafe streams.pointer(at: slot) else { continue }
            let isClosed = unsafe stream.pointee.state.contains(.closed)
            if isClosed { unsafe stream.pointee.state.insert(.givenUp) }
            unsafe close(&stream.pointee, abort: !isClosed)
        }
    }

    /// How many streams are there.
    //
    // SAFETY: only whether there is an address is asked.
    var streamCount: Int { (0..<slotCount).count { unsafe streams.pointer(at: $0) != nil } }

    /// What a kernel that would not let go was given, it keeps for ever: that memory is lost, not used twice.
    mutating func abandon() {
        for slot in 0..<slotCount {
            guard let stream = streams.take(at: slot), stream.state.contains(.sending) else {
                continue
            }
            AbandonedStream.keep(stream)
        }
    }
}

/// A stream whose memory the kernel may read until the process ends. All of them are found from `last`, by a debugger and by
/// a leak detector.
private struct AbandonedStream: ~Copyable {
    private static let last = Atomic<UInt>(0)

    private let stream: RingStream
    private let previous: UInt

    /// From any thread.
    static func keep(_ stream: consuming RingStream) {
        // SAFETY: a place of its own, never given back, and written before anybody could follow `previous`.
        let place = UnsafeMutablePointer<AbandonedStream>.allocate(capacity: 1)
        let previous = last.exchange(UInt(bitPattern: place), ordering: .relaxed)
        unsafe place.initialize(to: AbandonedStream(stream: stream, previous: previous))
    }
}
