public import RNodeWS

/// What a test's client received.
public enum TestMessage: Sendable, Hashable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// A close frame.
    case close(CloseCode?, String)
    /// The end of the stream, without a close frame before it.
    case end
}

/// A WebSocket client over an in-memory stream.
public final class TestWebSocket {
    /// The client's end of the stream, to be cut or slowed down.
    public let peer: InMemoryPeer
    /// The subprotocol the server chose.
    public let subprotocol: String?
    /// What was agreed on for permessage-deflate; nil when it is not in use.
    public let compression: DeflateParameters?
    /// Bytes received behind the 101, as they were on the wire.
    public private(set) var receivedByteCount = 0
    private let host: TestHost
    private var session: WebSocketSession
    private var received: [TestMessage] = []
    private var isEnded = false

    private init(
        _ peer: InMemoryPeer, _ host: TestHost, limits: WebSocketLimits, subprotocol: String?,
        deflate: PerMessageDeflate?
    ) {
        self.peer = peer
        self.host = host
        self.subprotocol = subprotocol
        compression = deflate?.parameters
        session = WebSocketSession(
            role: .client, limits: limits, extension: deflate, now: host.clock.now)
    }

    /// Opens a connection; throws ``TestRefusal`` when the server answers anything but 101.
    ///
    /// With `compression` it offers permessage-deflate, and uses it when the server accepts.
    public static func open(
        _ host: TestHost, _ target: String, loop: Int = 0, subprotocols: [String] = [],
        fields: [(String, String)] = [], shape: StreamShape = StreamShape(),
        limits: WebSocketLimits = .default, compression: DeflateOptions? = nil
    ) async throws -> TestWebSocket {
        let peer = try host.connect(toLoop: loop, shape: shape)
        let element = compression.map { DeflateParameters.offer($0) }
        let offer = HandshakeOffer(
            nonce: InlineArray(repeating: 7), subprotocols: subprotocols,
            extensions: element.map { [$0] } ?? [])
        peer.send(request(offer, target, fields))
        let stream = TestStream(peer, host)
        let answer = try await stream.response()
        var seen = HandshakeFields()
        for (name, value) in answer.fields { seen.receive(name, value) }
        guard answer.status == 101 else { throw TestRefusal(response: answer) }
        let agreement = try offer.check(status: answer.status, seen)
        let client = TestWebSocket(
            peer, host, limits: limits, subprotocol: agreement.subprotocol,
            deflate: try deflate(agreement, element, compression))
        client.take(stream.takeRest())
        return client
    }

    /// What the server's answer brings into use.
    private static func deflate(
        _ agreement: HandshakeOffer.Agreement, _ offer: ExtensionOffer?, _ options: DeflateOptions?
    ) throws -> PerMessageDeflate? {
        guard let answer = agreement.extensions.first, let offer, let options else { return nil }
        guard agreement.extensions.count == 1,
            let parameters = DeflateParameters(answer: answer, to: offer),
            let deflate = PerMessageDeflate(.client, parameters, options, DeflateStreams())
        else { throw TestFailure("not an answer to the offer of permessage-deflate: \(answer)") }
        return deflate
    }

    private static func request(
        _ offer: HandshakeOffer, _ target: String, _ fields: [(String, String)]
    ) -> [UInt8] {
        var head = ByteBuffer()
        offer.encode(target: target, host: "test", into: &head)
        head.truncate(to: head.count - 2)
        for (name, value) in fields { head.append(utf8: "\(name): \(value)\r\n") }
        head.append("\r\n")
        return head.copied()
    }

    // MARK: - Sending

    /// Sends a text.
    public func send(_ text: String, compress: Bool = true) {
        write {
            $0.send(
                .text, text.utf8Span.span, compress: compress, maskingKey: 0x5A3C_9671, into: &$1)
        }
    }

    /// Sends a binary message.
    public func send(_ bytes: [UInt8], compress: Bool = true) {
        write {
            $0.send(.binary, bytes.span, compress: compress, maskingKey: 0x5A3C_9671, into: &$1)
        }
    }

    /// Sends a ping.
    public func ping(_ payload: [UInt8] = []) {
        let now = host.clock.now
        write { $0.sendPing(payload.span, now: now, maskingKey: 1, into: &$1) }
    }

    /// Sends a pong.
    public func pong(_ payload: [UInt8] = []) {
        write { $0.sendPong(payload.span, maskingKey: 1, into: &$1) }
    }

    /// Begins the close handshake.
    public func close(_ code: CloseCode? = .normal, reason: String = "") {
        let now = host.clock.now
        write { $0.sendClose(code, reason: reason, now: now, maskingKey: 1, into: &$1) }
    }

    private func write(_ encode: (inout WebSocketSession, inout ByteBuffer) -> Bool) {
        var output = ByteBuffer()
        _ = encode(&session, &output)
        peer.send(output.copied())
    }

    // MARK: - Receiving

    /// The next message, frame or end; runs the loops until it is there.
    public func next() async throws -> TestMessage {
        try await host.wait(for: "message") {
            take(peer.takeBytes())
            return !received.isEmpty || isOver
        }
        return received.isEmpty ? .end : received.removeFirst()
    }

    /// The next text; throws when anything else comes.
    public func nextText() async throws -> String {
        let message = try await next()
        guard case .text(let text) = message else { throw TestFailure("not a text: \(message)") }
        return text
    }

    /// What has arrived by the time the loops have nothing more to do.
    public func all() async -> [TestMessage] {
        await host.settle()
        take(peer.takeBytes())
        defer { received = [] }
        return received
    }

    /// What has arrived so far. Runs no turn, so a test sees where in a race it stands.
    public func takeReceived() -> [TestMessage] {
        take(peer.takeBytes())
        defer { received = [] }
        return received
    }

    private var isOver: Bool {
        if peer.isFinished, peer.availableCount == 0 { isEnded = true }
        return isEnded
    }

    private func take(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        receivedByteCount += bytes.count
        var buffer = ByteBuffer(copying: bytes.span)
        let now = host.clock.now
        buffer.withMutableSpan { bytes in
            var offset = 0
            while offset < bytes.count {
                let step = session.next(&bytes, from: &offset, now: now)
                guard note(step, bytes.span) else { return }
            }
        }
    }

    /// Keeps what a step brought; false when nothing more can come.
    private func note(_ step: WebSocketStep, _ bytes: Span<UInt8>) -> Bool {
        switch step {
        case .needMore: return false
        case .message(.text, let payload):
            received.append(.text(String(decoding: copy(payload, bytes), as: UTF8.self)))
        case .message(_, let payload): received.append(.binary(copy(payload, bytes)))
        case .ping(let payload): received.append(.ping(copy(payload, bytes)))
        case .pong(let payload): received.append(.pong(copy(payload, bytes)))
        case .close(let code, let reason):
            let text = String(decoding: copy(reason, bytes), as: UTF8.self)
            received.append(.close(code, text))
            let now = host.clock.now
            write { $0.answerClose(now: now, maskingKey: 1, into: &$1) }
            peer.finish()
            return false
        case .failed:
            isEnded = true
            return false
        }
        return true
    }

    private func copy(_ payload: WebSocketPayload, _ bytes: Span<UInt8>) -> [UInt8] {
        switch payload {
        case .input(let range): bytes.extracting(range).copied()
        case .assembled: session.takePayload().copied()
        }
    }
}

/// The server did not open a WebSocket connection, but answered this.
public struct TestRefusal: Error, CustomStringConvertible {
    /// The answer.
    public let response: TestResponse

    /// The answer's status and text.
    public var description: String { "\(response.status) \(response.text)" }
}
