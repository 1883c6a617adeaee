import RNodeHTTP

/// One HTTP/1.1 connection as a value: bytes and the time go in, bytes to send come out.
struct Greeter: ~Copyable {
    private var session: HTTPSession
    private var head = RequestHead()
    private var router = TrieRouter<String>()
    private let encoder: ResponseEncoder

    init(now: MonotonicInstant, unixSeconds: Int64) throws {
        session = HTTPSession(acceptedAt: now)
        encoder = ResponseEncoder(unixSeconds: unixSeconds)
        try router.add(.get, RoutePattern("/hello/{name}"), "Hello")
    }

    /// Takes what a client sent; false when the connection is to be closed.
    mutating func receive(
        _ bytes: Span<UInt8>, now: MonotonicInstant, into output: inout ByteBuffer
    ) throws -> Bool {
        var offset = 0
        while true {
            switch session.next(bytes, from: &offset, head: &head, now: now) {
            case .needMore, .awaitingResponse: return true
            case .request, .body: continue
            case .writeContinue: encoder.encodeContinue(into: &output)
            case .requestEnded: guard try answer(now, &output) else { return false }
            case .upgrade, .close: return false
            case .failed(let error):
                encoder.encode(error, into: &output)
                return false
            }
        }
    }

    private mutating func answer(
        _ now: MonotonicInstant, _ output: inout ByteBuffer
    ) throws -> Bool {
        let terms = session.responseTerms(limits: head.limits)
        switch head.withPath({ router.match(head.method, path: $0) }) {
        case .found(let greeting, let parameters):
            let response = Response().text("\(greeting), \(parameters["name"] ?? "")!")
            try encoder.encode(response, terms: terms, into: &output)
        case .methodNotAllowed(let allow):
            encoder.encodeMethodNotAllowed(allow: allow, terms: terms, into: &output)
        case .notFound:
            encoder.encodeError(404, reason: "Not found", terms: terms, into: &output)
        case .malformed:
            encoder.encodeError(400, reason: "Malformed path", terms: terms, into: &output)
        }
        return session.responseFinished(
            keepsAlive: terms.keepsAlive, now: now, limits: head.limits) == .nextRequest
    }
}
