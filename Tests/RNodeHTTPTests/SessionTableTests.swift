import HTTPTypes
import Testing

@testable import RNodeHTTP

/// The table at the top of HTTPSession.swift, cell by cell.
@Suite("RFC 9112 section 9: the session's table of states")
struct SessionTableTests {
    static let zero = MonotonicInstant(nanoseconds: 0)
    static let limits = HTTPLimits()
    static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    static let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"
    static let upgrade = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n"

    /// A session in one phase, and the means to drive it.
    struct Driver: ~Copyable {
        var session = HTTPSession(acceptedAt: zero)
        var head = RequestHead()

        mutating func next(_ text: String) -> HTTPStep {
            var offset = 0
            let bytes = Array(text.utf8)
            return session.next(bytes.span, from: &offset, head: &head, now: zero)
        }

        mutating func finish(keepsAlive: Bool = true) -> HTTPContinuation {
            session.responseFinished(keepsAlive: keepsAlive, now: zero, limits: limits)
        }

        init(_ phase: HTTPSession.Phase) {
            switch phase {
            case .fresh: break
            case .idle:
                _ = next(get)
                _ = finish()
            case .head: _ = next("GET")
            case .body: _ = next(post)
            case .responding:
                _ = next(get)
                _ = next("")
            case .draining:
                _ = next(post)
                _ = finish()
            case .upgrade: _ = next(upgrade)
            case .closed: _ = next("\n")
            }
        }
    }

    @Test(arguments: HTTPSession.Phase.allCases)
    func `each phase can be reached`(_ phase: HTTPSession.Phase) {
        let driver = Driver(phase)
        #expect(driver.session.phase == phase)
        #expect(driver.session.isIdle == (phase == .fresh || phase == .idle))
    }

    /// What each phase makes of some bytes: the step, and the phase afterwards.
    private func expect(
        _ text: String, _ table: [HTTPSession.Phase: (HTTPStep, HTTPSession.Phase)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(table.count == HTTPSession.Phase.allCases.count)
        for (phase, expected) in table {
            var driver = Driver(phase)
            let step = driver.next(text)
            #expect(step == expected.0, "\(phase)", sourceLocation: sourceLocation)
            #expect(
                driver.session.phase == expected.1, "\(phase)", sourceLocation: sourceLocation)
        }
    }

    @Test func `no bytes`() {
        expect(
            "",
            [
                .fresh: (.needMore, .fresh), .idle: (.needMore, .idle),
                .head: (.needMore, .head), .body: (.needMore, .body),
                .responding: (.awaitingResponse, .responding),
                .draining: (.needMore, .draining), .upgrade: (.awaitingResponse, .upgrade),
                .closed: (.close, .closed),
            ])
    }

    @Test func `a byte`() {
        expect(
            " ",
            [
                .fresh: (.needMore, .head), .idle: (.needMore, .head),
                .head: (.needMore, .head), .body: (.body(0..<1), .body),
                .responding: (.awaitingResponse, .responding),
                .draining: (.needMore, .draining), .upgrade: (.awaitingResponse, .upgrade),
                .closed: (.close, .closed),
            ])
    }

    @Test func `an empty line`() {
        expect(
            "\r\n",
            [
                .fresh: (.needMore, .fresh), .idle: (.needMore, .idle),
                .head: (.failed(HTTPParseError(.badRequestLine)), .closed),
                .body: (.body(0..<2), .body), .responding: (.awaitingResponse, .responding),
                .draining: (.needMore, .draining), .upgrade: (.awaitingResponse, .upgrade),
                .closed: (.close, .closed),
            ])
    }

    @Test func `a whole head`() {
        expect(
            String(Self.get.dropFirst(3)),
            [
                .fresh: (.failed(HTTPParseError(.badMethod)), .closed),
                .idle: (.failed(HTTPParseError(.badMethod)), .closed),
                .head: (.request(.none), .body), .body: (.body(0..<4), .body),
                .responding: (.awaitingResponse, .responding),
                .draining: (.failed(HTTPParseError(.badMethod)), .closed),
                .upgrade: (.awaitingResponse, .upgrade), .closed: (.close, .closed),
            ])
        expect(
            Self.get,
            [
                .fresh: (.request(.none), .body), .idle: (.request(.none), .body),
                .head: (.failed(HTTPParseError(.unknownMethod)), .closed),
                .body: (.body(0..<4), .body),
                .responding: (.awaitingResponse, .responding),
                .draining: (.failed(HTTPParseError(.badMethod)), .closed),
                .upgrade: (.awaitingResponse, .upgrade), .closed: (.close, .closed),
            ])
    }

    @Test func `a head that asks for an upgrade`() {
        var fresh = Driver(.fresh)
        #expect(fresh.next(Self.upgrade) == .upgrade)
        #expect(fresh.session.phase == .upgrade)
        var idle = Driver(.idle)
        #expect(idle.next(Self.upgrade) == .upgrade)
        var head = Driver(.head)
        #expect(head.next(String(Self.upgrade.dropFirst(3))) == .upgrade)
        #expect(head.session.phase == .upgrade)
    }

    @Test func `malformed bytes`() {
        let refused = HTTPStep.failed(HTTPParseError(.badLineEnd))
        expect(
            "\n",
            [
                .fresh: (refused, .closed), .idle: (refused, .closed), .head: (refused, .closed),
                .body: (.body(0..<1), .body), .responding: (.awaitingResponse, .responding),
                .draining: (.needMore, .draining), .upgrade: (.awaitingResponse, .upgrade),
                .closed: (.close, .closed),
            ])
    }

    @Test func `malformed chunks fail a body, and close silently what is only drained`() {
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        var body = Driver(.fresh)
        _ = body.next(chunked)
        #expect(body.next("x") == .failed(HTTPParseError(.badChunk)))
        #expect(body.session.phase == .closed)
        var draining = Driver(.fresh)
        _ = draining.next(chunked)
        #expect(draining.finish() == .nextRequest)
        #expect(draining.session.phase == .draining)
        #expect(draining.next("x") == .close)
        #expect(draining.session.phase == .closed)
    }

    @Test func `the body's end`() {
        var body = Driver(.body)
        #expect(body.next("abcd") == .body(0..<4))
        #expect(body.next("") == .requestEnded)
        #expect(body.session.phase == .responding)
        var draining = Driver(.draining)
        #expect(draining.next("abcd") == .needMore)
        #expect(draining.session.phase == .idle)
        var followed = Driver(.draining)
        #expect(followed.next("abcd" + Self.get) == .request(.none))
    }

    @Test(arguments: HTTPSession.Phase.allCases)
    func `the response is finished`(_ phase: HTTPSession.Phase) {
        var keeping = Driver(phase)
        let kept = keeping.finish()
        switch phase {
        case .body: #expect(kept == .nextRequest && keeping.session.phase == .draining)
        case .responding: #expect(kept == .nextRequest && keeping.session.phase == .idle)
        default: #expect(kept == .close && keeping.session.phase == .closed)
        }
        var closing = Driver(phase)
        let closed = closing.finish(keepsAlive: false)
        #expect(closed == .close)
        #expect(closing.session.phase == .closed)
    }

    @Test(arguments: HTTPSession.Phase.allCases)
    func `a deadline passes`(_ phase: HTTPSession.Phase) {
        var driver = Driver(phase)
        let due = driver.session.deadline(limits: Self.limits)
        let late = driver.session.timedOut(
            now: MonotonicInstant(nanoseconds: .max), limits: Self.limits)
        switch phase {
        case .fresh, .head: #expect(late == .failed(HTTPParseError(.headerTimeout)))
        case .body: #expect(late == .failed(HTTPParseError(.requestTimeout)))
        case .idle, .draining: #expect(late == .close)
        case .responding, .upgrade, .closed:
            #expect(late == nil)
            #expect(due == .distantFuture)
            return
        }
        #expect(driver.session.phase == .closed)
        #expect(driver.next(Self.get) == .close)
    }

    @Test(arguments: HTTPSession.Phase.allCases)
    func `A17 every error at every phase can be encoded`(_ phase: HTTPSession.Phase) {
        let driver = Driver(phase)
        let encoder = ResponseEncoder(unixSeconds: 0)
        for error in HTTPParseError.allCases {
            var output = ByteBuffer()
            encoder.encodeError(
                error.status.code, reason: error.reason,
                terms: driver.session.responseTerms(limits: Self.limits), into: &output)
            let text = String(decoding: output.copied(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 \(error.status.code) "))
            #expect(text.hasSuffix("{\"success\":false,\"error\":\"\(error.reason)\"}"))
        }
    }

    @Test func `an idle connection is a small value`() {
        #expect(MemoryLayout<HTTPSession>.size <= 104)
    }
}
