public import RNodeIO

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A stream with no socket beneath it: the server's end, which an event loop owns.
///
/// The other end is an ``InMemoryPeer``, or a second transport made by ``pair(descriptors:shape:)``. Its
/// descriptor is one of ``VirtualDescriptors``, so only a ``ScriptedBackend`` can watch it. Used by one
/// thread at a time.
public final class InMemoryTransport: Transport, VirtualSource {
    /// What the loop's backend watches; -1 once closed.
    public private(set) var descriptor: Int32 = -1
    /// How it behaves from now on.
    public var shape: StreamShape
    /// How often `receive` was called.
    public private(set) var receiveCount = 0
    /// How often `send` was called: a loop sends what it has for a stream at once.
    public private(set) var sendCount = 0
    /// How often `send` was called with nothing to send, which a loop never does.
    public private(set) var emptySendCount = 0
    /// Whether the loop has closed it.
    public var isClosed: Bool { descriptor < 0 }

    private let descriptors: VirtualDescriptors
    private let inbound: InMemoryPipe
    private let outbound: InMemoryPipe

    init(
        descriptors: VirtualDescriptors, inbound: InMemoryPipe, outbound: InMemoryPipe,
        shape: StreamShape
    ) {
        self.descriptors = descriptors
        self.inbound = inbound
        self.outbound = outbound
        self.shape = shape
        descriptor = descriptors.open(self)
    }

    /// A connected stream: the server's end, and the peer's.
    public static func connected(
        descriptors: VirtualDescriptors, shape: StreamShape = StreamShape()
    ) -> (transport: InMemoryTransport, peer: InMemoryPeer) {
        let toServer = InMemoryPipe()
        let toPeer = InMemoryPipe()
        let transport = InMemoryTransport(
            descriptors: descriptors, inbound: toServer, outbound: toPeer, shape: shape)
        return (transport, InMemoryPeer(transport: transport, inbound: toPeer, outbound: toServer))
    }

    /// Two transports that are each other's peer.
    public static func pair(
        descriptors: VirtualDescriptors, shape: StreamShape = StreamShape()
    ) -> (InMemoryTransport, InMemoryTransport) {
        let there = InMemoryPipe()
        let back = InMemoryPipe()
        return (
            InMemoryTransport(
                descriptors: descriptors, inbound: back, outbound: there, shape: shape),
            InMemoryTransport(
                descriptors: descriptors, inbound: there, outbound: back, shape: shape)
        )
    }

    /// Readable with bytes, or at the end; writable with room in the window; failed after a reset, or
    /// when both directions have ended.
    public var readiness: Readiness {
        var readiness: Readiness = []
        if inbound.isReadable { readiness.insert(.readable) }
        if outbound.isWritable(window: shape.windowBytes) { readiness.insert(.writable) }
        let isOver = inbound.isFinished && outbound.isFinished
        if inbound.isReset || outbound.isReset || isOver { readiness.insert(.failed) }
        return readiness
    }

    /// Gives at most ``StreamShape/receiveMaxBytes``. After a reset the error is `ECONNRESET`; once
    /// closed it is `EBADF`.
    public func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        guard !isClosed else { return .failed(IOError("receive", code: EBADF)) }
        receiveCount += 1
        if inbound.isReset { return .failed(IOError("receive", code: ECONNRESET)) }
        if isInVain(receiveCount) { return .wouldBlock }
        let count = inbound.move(into: &bytes, atMost: max(shape.receiveMaxBytes, 1))
        if count > 0 { return .bytes(count) }
        return inbound.count == 0 && inbound.isFinished ? .finished : .wouldBlock
    }

    /// Takes at most ``StreamShape/sendMaxBytes``, and what fits the window. After a reset the error is
    /// `ECONNRESET`; when nobody reads any more, or after `finishSending`, it is `EPIPE`.
    public func send(_ bytes: Span<UInt8>) -> SendResult {
        guard !isClosed else { return .failed(IOError("send", code: EBADF)) }
        sendCount += 1
        if bytes.isEmpty { emptySendCount += 1 }
        if outbound.isReset { return .failed(IOError("send", code: ECONNRESET)) }
        if outbound.isAbandoned || outbound.isFinished {
            return .failed(IOError("send", code: EPIPE))
        }
        if isInVain(sendCount) { return .wouldBlock }
        let room = max(shape.windowBytes, 1) - outbound.count
        let count = outbound.append(bytes, atMost: min(room, max(shape.sendMaxBytes, 1)))
        return count > 0 ? .bytes(count) : .wouldBlock
    }

    /// What lies in the window.
    public var untakenCount: Int? { outbound.count }

    private func isInVain(_ call: Int) -> Bool {
        shape.wouldBlockEvery > 0 && call % shape.wouldBlockEvery == 0
    }

    /// The peer finds the end after what was sent.
    public func finishSending() {
        guard !isClosed else { return }
        outbound.finish()
    }

    /// Frees the descriptor. The peer finds the end after what was sent, or with `abort` a reset.
    public func close(abort: Bool) {
        guard !isClosed else { return }
        if abort {
            inbound.reset()
            outbound.reset()
        } else {
            inbound.abandon()
            outbound.finish()
        }
        descriptors.close(descriptor)
        descriptor = -1
    }
}
