@testable import RNodeHTTP

/// What a session made of a stream of requests.
struct HTTPTranscript: Equatable {
    enum Event: Equatable {
        case request(String)
        case body([UInt8])
        case ended
        /// With the place of the first byte that is no longer HTTP.
        case upgrade(String, Int)
        case failed(HTTPParseError)
        case close
    }

    private(set) var events: [Event] = []
    private let limits: HTTPLimits
    private let answersEarly: Bool

    /// Feeds `bytes` as they arrive, and answers each request: at its head, or at its end.
    init(
        _ bytes: Span<UInt8>, _ arrivals: [Range<Int>], limits: HTTPLimits, answersEarly: Bool
    ) throws(Finding) {
        self.limits = limits
        self.answersEarly = answersEarly
        let now = MonotonicInstant(nanoseconds: 1)
        var session = HTTPSession(acceptedAt: now)
        var head = RequestHead(limits: limits)
        for piece in arrivals {
            let input = bytes.extracting(piece)
            var offset = 0
            while try take(input, &offset, piece.lowerBound, &session, &head, now) {}
            if isOver { return }
        }
    }

    static func == (one: Self, other: Self) -> Bool { one.events == other.events }

    private var isOver: Bool {
        switch events.last {
        case .failed, .close, .upgrade: true
        default: false
        }
    }

    /// One step; false when there is nothing more in these bytes.
    private mutating func take(
        _ input: Span<UInt8>, _ offset: inout Int, _ start: Int, _ session: inout HTTPSession,
        _ head: inout RequestHead, _ now: MonotonicInstant
    ) throws(Finding) -> Bool {
        let step = session.next(input, from: &offset, head: &head, now: now)
        try require(offset >= 0 && offset <= input.count, "offset \(offset) of \(input.count)")
        switch step {
        case .needMore:
            try require(offset == input.count, "needMore with bytes left")
            return false
        case .request:
            try checkHead(head)
            events.append(.request(describe(head)))
            if answersEarly { answer(&session, now) }
        case .writeContinue: break
        case .body(let range):
            try require(range.upperBound <= input.count && !range.isEmpty, "body at \(range)")
            append(input.extracting(range))
        case .requestEnded:
            events.append(.ended)
            answer(&session, now)
        case .awaitingResponse: throw Finding(description: "waits for an answer it has")
        case .upgrade:
            try checkHead(head)
            events.append(.upgrade(describe(head), start + offset))
        case .failed(let error): events.append(.failed(error))
        case .close: events.append(.close)
        }
        return !isOver
    }

    private mutating func answer(_ session: inout HTTPSession, _ now: MonotonicInstant) {
        let terms = session.responseTerms(limits: limits)
        let next = session.responseFinished(
            keepsAlive: terms.keepsAlive, now: now, limits: limits)
        if next == .close { events.append(.close) }
    }

    private mutating func append(_ piece: Span<UInt8>) {
        if case .body(let earlier) = events.last {
            events[events.count - 1] = .body(earlier + piece.copied())
        } else {
            events.append(.body(piece.copied()))
        }
    }
}

/// Everything that a head says, as text.
func describe(_ head: borrowing RequestHead) -> String {
    var text = "\(head.method) \(head.version) \(head.body) \(head.authority)"
    text += " \(head.keepsAlive) \(head.expectsContinue) \(head.isWebSocketUpgrade)"
    head.withTarget { text += " target \($0.copied())" }
    head.withPath { text += " path \($0.copied())" }
    head.withQuery { text += " query \($0.copied())" }
    head.forEachField { name, value in text += " \(name.copied())=\(value.copied())" }
    return text
}
