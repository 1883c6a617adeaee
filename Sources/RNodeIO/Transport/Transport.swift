/// What came of asking a transport for bytes.
public enum ReceiveResult: Sendable, Equatable {
    /// So many bytes were written to the front of the span, at least one.
    case bytes(Int)
    /// Nothing is there yet: wait for `readable`.
    case wouldBlock
    /// The peer will send no more.
    case finished
    /// The stream is broken.
    case failed(IOError)
}

/// What came of giving a transport bytes.
public enum SendResult: Sendable, Equatable {
    /// So many of the first bytes were taken, at least one.
    case bytes(Int)
    /// None were taken: wait for `writable`.
    case wouldBlock
    /// The stream is broken.
    case failed(IOError)
}

/// A byte stream to one peer: the seam below a connection. The default is ``SocketTransport``.
///
/// A transport never blocks, and is used by the thread of the loop that owns it only. Its descriptor is
/// what the loop's backend watches; a transport that wraps another gives the descriptor of the inner one.
/// One of your own is held against `TransportConformance` of `RNodeTesting`.
public protocol Transport: AnyObject {
    /// What the loop's backend watches, the same until `close`. With a scripted backend this is one of
    /// its virtual descriptors.
    var descriptor: Int32 { get }

    /// Reads at most `bytes.count` bytes into the front of `bytes`, which is not empty, and leaves the
    /// rest as it was.
    func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult

    /// Writes as many of the first of `bytes` as the stream takes now. `bytes` is not empty.
    func send(_ bytes: Span<UInt8>) -> SendResult

    /// The same of a buffer's bytes, which is not empty; removes from it what was taken. Unless implemented, what `send`
    /// takes of its bytes.
    ///
    /// For many bytes at once: a transport that keeps them until they have gone may take the buffer's memory with them, and
    /// leave it other memory.
    func send(from buffer: inout ByteBuffer) -> SendResult

    /// How many of the bytes that `send` took the peer has not taken yet, as far as this side knows; nil, as unless
    /// implemented, where that can't be told.
    ///
    /// Asked of slow receivers only. What `send` takes may be no sign of life: a kernel has room left that it does not tell
    /// of as `writable`. Where this can't be told, it is taken for one.
    var untakenCount: Int? { get }

    /// Tells the peer that no more bytes follow; reading goes on.
    func finishSending()

    /// Frees the stream. With `abort`, what the kernel still holds is thrown away and the peer is told by a reset.
    /// Called once.
    func close(abort: Bool)
}

extension Transport {
    /// By `send`, as a copy.
    public func send(from buffer: inout ByteBuffer) -> SendResult { sendCopy(of: &buffer) }

    func sendCopy(of buffer: inout ByteBuffer) -> SendResult {
        let result = buffer.withSpan { send($0) }
        if case .bytes(let count) = result { buffer.removeFirst(count) }
        return result
    }

    /// It can't be told.
    public var untakenCount: Int? { nil }
}
