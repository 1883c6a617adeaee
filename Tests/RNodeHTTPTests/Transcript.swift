import HTTPTypes
import RNodeHTTP
import Testing

/// All that a session reports about some bytes, however they were split.
struct Transcript: Equatable {
    enum Event: Equatable {
        case request(Head)
        case body([UInt8])
        case ended
        case upgrade(Head, rest: [UInt8])
        case failed(HTTPParseError)
        case closed
    }

    struct Head: Equatable {
        var method: RequestMethod
        var path: String
        var rawPath: String
        var query: String
        var authority: String
        var version: HTTPVersion
        var body: RequestBody
        var keepsAlive: Bool
        var fields: [String]
    }

    var events: [Event] = []

    /// The status of the error that ended it, or nil.
    var status: Int? {
        guard case .failed(let error) = events.last else { return nil }
        return error.status.code
    }

    var requests: [Head] {
        events.compactMap {
            switch $0 {
            case .request(let head), .upgrade(let head, _): head
            default: nil
            }
        }
    }

    var bodies: [String] {
        events.compactMap {
            if case .body(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { nil }
        }
    }

    fileprivate mutating func append(body bytes: [UInt8]) {
        if case .body(let before) = events.last {
            events[events.count - 1] = .body(before + bytes)
        } else {
            events.append(.body(bytes))
        }
    }
}

extension Transcript.Head {
    init(_ head: borrowing RequestHead) {
        var fields: [String] = []
        head.forEachField { name, value in
            let name = String(decoding: name.copied(), as: UTF8.self)
            fields.append("\(name)=\(String(decoding: value.copied(), as: UTF8.self))")
        }
        self.init(
            method: head.method, path: head.path,
            rawPath: head.withPath { String(decoding: $0.copied(), as: UTF8.self) },
            query: head.query.raw, authority: head.authority, version: head.version,
            body: head.body, keepsAlive: head.keepsAlive, fields: fields)
    }
}

/// A consumer that answers each request when it has ended, and keeps what was not taken.
struct Consumer: ~Copyable {
    var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 0))
    var head: RequestHead
    var transcript = Transcript()
    var kept: [UInt8] = []
    var examined = 0
    let now = MonotonicInstant(nanoseconds: 0)

    init(_ limits: HTTPLimits) {
        head = RequestHead(limits: limits)
    }

    mutating func receive(_ piece: [UInt8]) {
        kept += piece
        var offset = 0
        while take(kept, &offset) {}
        kept.removeFirst(offset)
    }

    /// One step; false when there is nothing more to do with these bytes.
    private mutating func take(_ bytes: [UInt8], _ offset: inout Int) -> Bool {
        switch session.next(bytes.span, from: &offset, head: &head, now: now) {
        case .needMore, .awaitingResponse:
            guard case .upgrade(let head, let rest) = transcript.events.last else { return false }
            let last = transcript.events.count - 1
            transcript.events[last] = .upgrade(head, rest: rest + bytes[offset...])
            offset = bytes.count
            return false
        case .request: transcript.events.append(.request(Transcript.Head(head)))
        case .writeContinue: break
        case .body(let range): transcript.append(body: Array(bytes[range]))
        case .requestEnded:
            transcript.events.append(.ended)
            answer()
        case .upgrade: transcript.events.append(.upgrade(Transcript.Head(head), rest: []))
        case .failed(let error): transcript.events.append(.failed(error))
        case .close:
            if transcript.status == nil, transcript.events.last != .closed {
                transcript.events.append(.closed)
            }
            offset = bytes.count
            return false
        }
        return true
    }

    private mutating func answer() {
        let terms = session.responseTerms(limits: head.limits)
        _ = session.responseFinished(
            keepsAlive: terms.keepsAlive, now: now, limits: head.limits)
    }
}

/// What a session reports when `bytes` arrive in pieces that end at `cuts`.
func transcript(
    _ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()
) -> Transcript {
    var consumer = Consumer(limits)
    var start = 0
    for cut in cuts + [bytes.count] {
        consumer.receive(Array(bytes[start..<cut]))
        start = cut
    }
    return consumer.transcript
}

/// What a session reports about `bytes` whole, after checking that every two-way split, and byte by
/// byte, report the same.
@discardableResult
func transcriptInAllSplits(
    _ bytes: [UInt8], limits: HTTPLimits = HTTPLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) -> Transcript {
    let whole = transcript(bytes, limits: limits)
    for cut in bytes.indices.dropFirst() {
        let split = transcript(bytes, cuts: [cut], limits: limits)
        #expect(split == whole, "split at \(cut)", sourceLocation: sourceLocation)
    }
    let single = transcript(bytes, cuts: Array(bytes.indices.dropFirst()), limits: limits)
    #expect(single == whole, "byte by byte", sourceLocation: sourceLocation)
    return whole
}

@discardableResult
func transcriptInAllSplits(
    _ text: String, limits: HTTPLimits = HTTPLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) -> Transcript {
    transcriptInAllSplits(Array(text.utf8), limits: limits, sourceLocation: sourceLocation)
}

/// The status that `text` is refused with, in every split.
func refusal(
    _ text: String, limits: HTTPLimits = HTTPLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) -> Int? {
    transcriptInAllSplits(text, limits: limits, sourceLocation: sourceLocation).status
}
