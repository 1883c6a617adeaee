import RNodeBytes

/// The far end of an in-memory stream: what a client is to a server, in the test's hands.
///
/// Nothing here waits: bytes sent are there for the loop's next turn, and what the server sent is there
/// to be taken. Used by one thread at a time.
public final class InMemoryPeer {
    /// The server's end.
    public let transport: InMemoryTransport
    private let inbound: InMemoryPipe
    private let outbound: InMemoryPipe

    init(transport: InMemoryTransport, inbound: InMemoryPipe, outbound: InMemoryPipe) {
        self.transport = transport
        self.inbound = inbound
        self.outbound = outbound
    }

    /// How the stream behaves from now on.
    public var shape: StreamShape {
        get { transport.shape }
        set { transport.shape = newValue }
    }

    // MARK: - To the server

    /// Sends bytes, whatever their number; false when the server has closed the stream.
    @discardableResult
    public func send(_ bytes: Span<UInt8>) -> Bool {
        guard !outbound.isReset, !outbound.isAbandoned, !outbound.isFinished else { return false }
        return outbound.append(bytes, atMost: .max) == bytes.count
    }

    /// Sends bytes, whatever their number; false when the server has closed the stream.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        send(bytes.span)
    }

    /// Sends the UTF-8 of `text`; false when the server has closed the stream.
    @discardableResult
    public func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// How many bytes the server has not read yet.
    public var unreadByServerCount: Int { outbound.count }

    /// Ends the direction to the server; the other goes on.
    public func finish() {
        outbound.finish()
    }

    /// Ends both directions in good order: the server finds the end, and can send no more.
    public func close() {
        outbound.finish()
        inbound.abandon()
    }

    /// Breaks the stream: what is on its way is lost, and the server finds `ECONNRESET`.
    public func reset() {
        outbound.reset()
        inbound.reset()
    }

    // MARK: - From the server

    /// How many bytes wait to be taken: they count against ``StreamShape/windowBytes``.
    public var availableCount: Int { inbound.count }

    /// Takes all that the server has sent since the last time.
    public func takeBytes() -> [UInt8] {
        inbound.takeAll()
    }

    /// Takes at most `count` bytes, as a slow reader does.
    public func takeBytes(atMost count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(max(count, 0), inbound.count))
        var target = bytes.mutableSpan
        _ = inbound.move(into: &target, atMost: count)
        return bytes
    }

    /// Takes all that the server has sent since the last time as text; bytes that are not UTF-8 are replaced.
    public func takeText() -> String {
        String(decoding: takeBytes(), as: UTF8.self)
    }

    /// Whether the server will send no more: it finished sending, or closed. What it sent can still be taken.
    public var isFinished: Bool { inbound.isFinished || inbound.isReset }

    /// Whether the stream was broken by a reset, of either end.
    public var isReset: Bool { inbound.isReset }
}
