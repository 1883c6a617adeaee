import HTTPTypes
import RNodeHTTP

/// What came of the bytes of a request.
enum RequestOutcome: Hashable {
    /// The server waits for more.
    case more
    /// The head, and the body behind it to its end.
    case ended(head: String, body: [UInt8])
    case failed(status: Int)
    /// None of these: what no stream here should come to.
    case other

    var hasEnded: Bool {
        if case .ended = self { true } else { false }
    }

    /// Whether it was answered as what cannot be read is.
    var isRefused: Bool { [400, 501, 505].contains { self == .failed(status: $0) } }
}

/// One request's bytes, given to a session whole or cut.
struct RequestReading: ~Copyable {
    private var session = HTTPSession(acceptedAt: .zero)
    private var head = RequestHead()
    private var told = ""
    private var body: [UInt8] = []
    private var outcome = RequestOutcome.more

    /// What comes of `bytes` that arrive in pieces which end at `cuts`.
    static func outcome(of bytes: [UInt8], cuts: [Int] = []) -> RequestOutcome {
        var reading = RequestReading()
        var begin = 0
        for end in cuts + [bytes.count] {
            reading.take(bytes.span.extracting(begin..<end))
            begin = end
        }
        return reading.outcome
    }

    /// Takes a piece. A session takes all of one for as long as the request has not ended.
    private mutating func take(_ piece: Span<UInt8>) {
        var offset = 0
        while outcome == .more {
            switch session.next(piece, from: &offset, head: &head, now: .zero) {
            case .needMore: return
            case .request: tellHead()
            case .body(let range): body += piece.extracting(range).copied()
            case .requestEnded: outcome = .ended(head: told, body: body)
            case .failed(let error): outcome = .failed(status: error.status.code)
            case .writeContinue, .awaitingResponse, .upgrade, .close: outcome = .other
            }
        }
    }

    private mutating func tellHead() {
        told = "\(head.method.httpMethod) \(head.path) \(head.query.raw) \(head.authority)"
        var fields = ""
        head.forEachField { name, value in fields += "\n\(name.copied()) \(value.copied())" }
        told += fields
    }
}
