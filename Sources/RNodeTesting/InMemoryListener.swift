public import RNodeIO

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A listener with no port: a test connects to it by a call.
///
/// Watched by a ``ScriptedBackend`` that has the same ``VirtualDescriptors``. Used by one thread at a time.
public final class InMemoryListener: Listener, VirtualSource {
    /// How many connections wait at most; further ones are reset.
    public static let backlogMax = 4096

    /// Where it pretends to listen.
    public let address: SocketAddress
    /// What the loop's backend watches; -1 once closed.
    public private(set) var descriptor: Int32 = -1
    /// How often `accept` was called.
    public private(set) var acceptCount = 0

    private struct Waiting {
        var transport: InMemoryTransport
        var remote: SocketAddress
    }

    private let descriptors: VirtualDescriptors
    private var waiting: [Waiting] = []
    private var firstWaiting = 0
    private var failures: [AcceptResult] = []
    private var connectedCount: UInt16 = 0

    /// A listener that nobody waits for yet.
    public init(
        descriptors: VirtualDescriptors,
        address: SocketAddress = .ip(host: "127.0.0.1", port: 8080)
    ) {
        self.address = address
        self.descriptors = descriptors
        descriptor = descriptors.open(self)
    }

    /// Whether no descriptor is left: `accept` says so, and turns the connection that waits longest away, as
    /// `SocketListener` does.
    public var isExhausted = false
    /// How many connections were turned away for that.
    public private(set) var turnedAwayCount = 0

    /// How many connections wait to be accepted.
    public var waitingCount: Int { waiting.count - firstWaiting }

    /// A new connection that waits to be accepted, and the peer's end of it.
    ///
    /// The stream can be used at once, as a client's can. When the listener is closed or its backlog is
    /// full, the peer is reset already.
    ///
    /// - Parameters:
    ///   - remote: The address the server sees; one of 192.0.2.1 with a port of its own unless told otherwise.
    ///   - shape: How the stream behaves.
    public func connect(
        from remote: SocketAddress? = nil, shape: StreamShape = StreamShape()
    ) -> InMemoryPeer {
        let (transport, peer) = InMemoryTransport.connected(
            descriptors: descriptors, shape: shape)
        enqueue(transport, from: remote)
        return peer
    }

    /// A new connection that waits to be accepted; the peer's end is a transport too, for a client that
    /// runs on an event loop of its own in the same test.
    public func connectTransport(
        from remote: SocketAddress? = nil, shape: StreamShape = StreamShape()
    ) -> InMemoryTransport {
        let (transport, client) = InMemoryTransport.pair(descriptors: descriptors, shape: shape)
        enqueue(transport, from: remote)
        return client
    }

    private func enqueue(_ transport: InMemoryTransport, from remote: SocketAddress?) {
        guard descriptor >= 0, waitingCount < Self.backlogMax else {
            return transport.close(abort: true)
        }
        connectedCount = connectedCount % 60_000 + 1
        let ownAddress = SocketAddress.ip(host: "192.0.2.1", port: 1024 + connectedCount)
        waiting.append(Waiting(transport: transport, remote: remote ?? ownAddress))
    }

    /// Makes the next `accept` answer `result` (after those asked for before) instead of taking a
    /// connection; the listener is readable until then.
    public func failNextAccept(with result: AcceptResult) {
        failures.append(result)
    }

    /// Readable when a connection or a failure waits.
    public var readiness: Readiness {
        waitingCount > 0 || !failures.isEmpty ? .readable : []
    }

    /// Takes the connection that waits longest.
    public func accept() -> AcceptResult {
        acceptCount += 1
        if !failures.isEmpty { return failures.removeFirst() }
        if isExhausted, waitingCount > 0 {
            turnedAwayCount += 1
            takeFirst().transport.close(abort: false)
            return .exhausted(IOError("accept", code: EMFILE))
        }
        guard firstWaiting < waiting.count else { return .wouldBlock }
        let next = takeFirst()
        return .accepted(next.transport, remote: next.remote)
    }

    private func takeFirst() -> Waiting {
        let next = waiting[firstWaiting]
        firstWaiting += 1
        if firstWaiting == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
        }
        return next
    }

    /// Whether descriptors are free: ``isExhausted`` says otherwise.
    public func hasRoom() -> Bool { !isExhausted }

    /// Frees the descriptor; peers that wait are reset, as a kernel does.
    public func close() {
        guard descriptor >= 0 else { return }
        for next in waiting[firstWaiting...] { next.transport.close(abort: true) }
        waiting = []
        firstWaiting = 0
        descriptors.close(descriptor)
        descriptor = -1
    }
}
