/// A response that a test's client received.
public struct TestResponse: Sendable {
    /// The status.
    public let status: Int
    /// The fields, in the order they came.
    public let fields: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first field with this name, in any case.
    public func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// An HTTP client over one in-memory stream.
public final class TestHTTP {
    private let stream: TestStream
    /// The client's end of the stream.
    public var peer: InMemoryPeer { stream.peer }

    /// Connects to a loop.
    public init(_ host: TestHost, loop: Int = 0, shape: StreamShape = StreamShape()) throws {
        stream = TestStream(try host.connect(toLoop: loop, shape: shape), host)
    }

    /// Sends a request and returns its response; further ones go over the same connection.
    public func request(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: String? = nil
    ) async throws -> TestResponse {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
        peer.send(head + "\r\n" + (body ?? ""))
        return try await stream.response(toHead: method == "HEAD")
    }

    /// Sends bytes as they are.
    public func send(_ text: String) {
        peer.send(text)
    }

    /// The next response; runs the loops until it is there.
    public func response(toHead isHead: Bool = false) async throws -> TestResponse {
        try await stream.response(toHead: isHead)
    }
}

/// The client's side of a stream that begins with HTTP responses.
final class TestStream {
    let peer: InMemoryPeer
    private let host: TestHost
    private var bytes: [UInt8] = []

    init(_ peer: InMemoryPeer, _ host: TestHost) {
        self.peer = peer
        self.host = host
    }

    /// What came after the responses that were read.
    func takeRest() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Reads one response: a head, and as many bytes of body as it declares.
    func response(toHead isHead: Bool = false) async throws -> TestResponse {
        var parsed: TestResponse?
        try await host.wait(for: "response") {
            bytes += peer.takeBytes()
            parsed = parse(isHead: isHead)
            return parsed != nil || (peer.isFinished && peer.availableCount == 0)
        }
        guard let parsed else { throw TestFailure("the stream ended within a response") }
        return parsed
    }

    private func parse(isHead: Bool) -> TestResponse? {
        guard let end = headEnd else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: trimmed(parts.count > 1 ? parts[1] : ""))
        }
        let declared = fields.first { $0.name.lowercased() == "content-length" }
        let length = isHead || status < 200 ? 0 : declared.flatMap { Int($0.value) } ?? 0
        guard bytes.count >= end + 4 + length else { return nil }
        let body = Array(bytes[(end + 4)..<(end + 4 + length)])
        bytes.removeFirst(end + 4 + length)
        return TestResponse(status: status, fields: fields, body: body)
    }

    private var headEnd: Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { Array(bytes[$0..<($0 + 4)]) == [13, 10, 13, 10] }
    }

    private func trimmed(_ value: Substring) -> String {
        String(value.drop { $0 == " " })
    }
}
