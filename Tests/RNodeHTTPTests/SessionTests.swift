import Testing

@testable import RNodeHTTP

@Suite("RFC 9112 section 9: connections, and RFC 9110 section 10.1.1: Expect")
struct SessionTests {
    static let limits = HTTPLimits()
    static let expecting =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n"
    private typealias Driver = SessionTableTests.Driver

    @Test func `pipelined requests are handed out one at a time, in order`() {
        let requests = (0..<40).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined()
        let found = transcript(Array(requests.utf8))
        #expect(found.requests.map(\.path) == (0..<40).map { "/\($0)" })
    }

    @Test func `bytes behind a request are untouched until it was answered`() {
        var driver = Driver(.fresh)
        let bytes = Array((SessionTableTests.get + "GET /2 HTTP/1.1\r\n").utf8)
        var offset = 0
        let zero = SessionTableTests.zero
        _ = driver.session.next(bytes.span, from: &offset, head: &driver.head, now: zero)
        _ = driver.session.next(bytes.span, from: &offset, head: &driver.head, now: zero)
        let end = offset
        let step = driver.session.next(bytes.span, from: &offset, head: &driver.head, now: zero)
        #expect(step == .awaitingResponse)
        #expect(offset == end)
        #expect(end == SessionTableTests.get.utf8.count)
    }

    @Test func `a fixed route may answer as soon as a request without a body is announced`() {
        var driver = Driver(.fresh)
        #expect(driver.next(SessionTableTests.get) == .request(.none))
        #expect(driver.finish() == .nextRequest)
        #expect(driver.session.phase == .idle)
    }

    @Test func `the client is told to continue once, when its body has not begun`() {
        var driver = Driver(.fresh)
        #expect(driver.next(Self.expecting) == .request(.fixed(3)))
        #expect(driver.next("") == .writeContinue)
        #expect(driver.next("") == .needMore)
        #expect(driver.next("abc") == .body(0..<3))
    }

    @Test func `a client whose body has begun is not told to continue`() {
        var driver = Driver(.fresh)
        #expect(driver.next(Self.expecting) == .request(.fixed(3)))
        #expect(driver.next("a") == .body(0..<1))
        #expect(driver.next("") == .needMore)
    }

    @Test func `a client that waits and is refused finds the connection closed`() {
        var driver = Driver(.fresh)
        _ = driver.next(Self.expecting)
        #expect(!driver.session.responseTerms(limits: Self.limits).keepsAlive)
        #expect(driver.finish() == .close)
    }

    @Test(arguments: [
        ("Expect: 100-continue\r\nExpect: 100-CONTINUE\r\n", nil), ("Expect: x\r\n", 417),
        ("Expect: 100-continue, x\r\n", 417), ("Expect:\r\n", 417),
        ("Expect: 100-continue\r\nExpect: y\r\n", 417),
    ])
    func `an unknown expectation is refused`(_ fields: String, _ status: Int?) {
        #expect(refusal("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") == status)
        #expect(refusal("GET / HTTP/1.0\r\nHost: h\r\n\(fields)\r\n") == nil)
    }

    @Test func `an expectation without a body, or on HTTP/1.0, waits for nothing`() {
        var driver = Driver(.fresh)
        _ = driver.next("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")
        #expect(driver.next("") == .requestEnded)
        var old = Driver(.fresh)
        _ = old.next(
            "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
        )
        #expect(old.next("") == .needMore)
    }

    @Test func `the terms say what the request said`() {
        var head = Driver(.fresh)
        _ = head.next("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        let terms = head.session.responseTerms(limits: Self.limits)
        #expect(terms == ResponseTerms(version: .http11, keepsAlive: true, omitsBody: true))
        var old = Driver(.fresh)
        _ = old.next("GET / HTTP/1.0\r\n\r\n")
        let oldTerms = old.session.responseTerms(limits: Self.limits)
        #expect(oldTerms == ResponseTerms(version: .http10, keepsAlive: false, omitsBody: false))
        #expect(old.finish(keepsAlive: true) == .close)
    }

    @Test func `requests per connection: the last one's terms close`() {
        for limit in [1, 2, 5] {
            var limits = HTTPLimits()
            limits.requestsPerConnectionMax = limit
            let requests = String(repeating: SessionTableTests.get, count: limit * 10)
            let found = transcript(Array(requests.utf8), limits: limits)
            #expect(found.requests.count == limit)
            #expect(found.events.last == .closed)
        }
    }

    /// Announces a body, answers before it arrives, then sends it and a request.
    private func drain(_ length: Int, isChunked: Bool) -> (HTTPContinuation, HTTPStep) {
        var driver = Driver(.fresh)
        let body: String
        if isChunked {
            _ = driver.next("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            // Six bytes around the data, five at the end.
            let data = length - 7 - String(length - 7, radix: 16).utf8.count + 1
            let size = String(data - 5, radix: 16)
            body = "\(size)\r\n\(String(repeating: "a", count: data - 5))\r\n0\r\n\r\n"
        } else {
            _ = driver.next("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n")
            body = String(repeating: "a", count: length)
        }
        let end = driver.finish()
        return (end, driver.next(body + SessionTableTests.get))
    }

    @Test func `an unread body of up to 64 KiB is skipped, a longer one closes`() {
        let limit = Self.limits.unreadBodyBytesMax
        for length in [1, limit - 1, limit] {
            #expect(drain(length, isChunked: false) == (.nextRequest, .request(.none)))
        }
        for length in [limit + 1, limit * 10] {
            #expect(drain(length, isChunked: false) == (.close, .close))
        }
        for length in [1000, limit - 20] {
            #expect(drain(length, isChunked: true) == (.nextRequest, .request(.none)))
        }
        for length in [limit + 20, limit * 10] {
            #expect(drain(length, isChunked: true) == (.nextRequest, .close))
        }
    }

    @Test func `a head in pieces is kept for its own session, whatever the loop's head holds`() {
        var first = Driver(.fresh)
        var second = HTTPSession(acceptedAt: SessionTableTests.zero)
        #expect(first.next("GET /first HTTP/1.1\r\nHo") == .needMore)
        let other = Array("GET /second HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n".utf8)
        var offset = 0
        _ = second.next(
            other.span, from: &offset, head: &first.head, now: SessionTableTests.zero)
        let path = first.head.path
        #expect(path == "/second")
        #expect(first.next("st: h\r\n\r\n") == .request(.none))
        let (after, fields) = (first.head.path, first.head.fieldCount)
        #expect(after == "/first")
        #expect(fields == 1)
    }

    @Test func `an offset out of range is no bytes at all`() {
        for place in [-1, 100, Int.min, Int.max] {
            for phase in HTTPSession.Phase.allCases {
                var driver = Driver(phase)
                var offset = place
                let bytes = Array("GET".utf8)
                _ = driver.session.next(
                    bytes.span, from: &offset, head: &driver.head, now: SessionTableTests.zero)
                #expect(offset == place)
            }
        }
    }
}

@Suite("HARDENING section 1 and C10: time")
struct SessionTimeTests {
    static let limits = HTTPLimits()
    private typealias Driver = SessionTableTests.Driver

    private func at(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1_000_000_000))
    }

    /// Feeds `text` at `seconds`, one step only.
    private func feed(
        _ session: inout HTTPSession, _ head: inout RequestHead, _ text: String, _ seconds: Double
    ) -> HTTPStep {
        var offset = 0
        let bytes = Array(text.utf8)
        return session.next(bytes.span, from: &offset, head: &head, now: at(seconds))
    }

    @Test func `the first head is due 10 seconds after accept, however it drips`() {
        var session = HTTPSession(acceptedAt: at(5))
        var head = RequestHead()
        for second in 6..<15 {
            #expect(feed(&session, &head, "G", Double(second)) == .needMore)
            #expect(session.deadline(limits: Self.limits) == at(15))
        }
        #expect(session.timedOut(now: at(14.999), limits: Self.limits) == nil)
        let late = session.timedOut(now: at(15), limits: Self.limits)
        #expect(late == .failed(HTTPParseError(.headerTimeout)))
    }

    @Test func `a later head is due 10 seconds after its first byte, idleness after 75`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, SessionTableTests.get, 1)
        _ = session.responseFinished(keepsAlive: true, now: at(2), limits: Self.limits)
        #expect(session.deadline(limits: Self.limits) == at(77))
        #expect(feed(&session, &head, "GE", 70) == .needMore)
        #expect(session.deadline(limits: Self.limits) == at(80))
        #expect(feed(&session, &head, "T", 79) == .needMore)
        #expect(session.deadline(limits: Self.limits) == at(80))
    }

    @Test func `an idle connection is closed without an answer`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, SessionTableTests.get, 1)
        _ = session.responseFinished(keepsAlive: true, now: at(2), limits: Self.limits)
        #expect(session.timedOut(now: at(77), limits: Self.limits) == .close)
    }

    // One behind a body, as old clients send it: RFC 9112 section 2.2 has it ignored.
    @Test(arguments: [["\r\n"], ["\r", "\n"], ["\r"]])
    func `an empty line leaves an idle connection idle, and its clock as it was`(
        _ pieces: [String]
    ) {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, SessionTableTests.get, 1)
        _ = session.responseFinished(keepsAlive: true, now: at(2), limits: Self.limits)
        for piece in pieces {
            #expect(feed(&session, &head, piece, 3) == .needMore)
            #expect(session.isIdle == true)
            #expect(session.deadline(limits: Self.limits) == at(77))
        }
        #expect(session.timedOut(now: at(76.999), limits: Self.limits) == nil)
        #expect(session.timedOut(now: at(77), limits: Self.limits) == .close)
    }

    @Test func `a head behind an empty line is due 10 seconds after its own first byte`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, SessionTableTests.get, 1)
        _ = session.responseFinished(keepsAlive: true, now: at(2), limits: Self.limits)
        _ = feed(&session, &head, "\r\n", 3)
        #expect(feed(&session, &head, "G", 70) == .needMore)
        #expect(session.isIdle == false)
        #expect(session.deadline(limits: Self.limits) == at(80))
        let rest = feed(&session, &head, String(SessionTableTests.get.dropFirst()), 79)
        #expect(rest == .request(.none))
        #expect(session.requestBegan == at(70))
    }

    @Test func `empty lines are counted while a connection is idle`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, SessionTableTests.get, 1)
        _ = session.responseFinished(keepsAlive: true, now: at(2), limits: Self.limits)
        #expect(feed(&session, &head, "\r\n", 3) == .needMore)
        let second = feed(&session, &head, "\r\n", 4)
        #expect(second == .failed(HTTPParseError(.badEmptyLine)))
    }

    @Test func `an empty line first of all leaves a connection fresh: 408 after 10 seconds`() {
        var session = HTTPSession(acceptedAt: at(5))
        var head = RequestHead()
        #expect(feed(&session, &head, "\r\n", 6) == .needMore)
        #expect(session.isFresh == true)
        let late = session.timedOut(now: at(15), limits: Self.limits)
        #expect(late == .failed(HTTPParseError(.headerTimeout)))
    }

    static let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"

    @Test func `a body keeps 1 KiB a second over each 10 seconds, or is refused`() {
        for (amount, isLate) in [(10_239, true), (10_240, false), (10_241, false)] {
            var session = HTTPSession(acceptedAt: at(0))
            var head = RequestHead()
            _ = feed(&session, &head, Self.post, 1)
            #expect(session.deadline(limits: Self.limits) == at(11))
            _ = feed(&session, &head, String(repeating: "a", count: amount), 2)
            let late = session.timedOut(now: at(11), limits: Self.limits)
            #expect(late == (isLate ? .failed(HTTPParseError(.bodyTooSlow)) : nil))
            if !isLate { #expect(session.deadline(limits: Self.limits) == at(21)) }
        }
    }

    @Test func `a body that keeps its rate is still due after 60 seconds`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(&session, &head, Self.post, 0)
        var late: HTTPStep?
        var now = 0.0
        while late == nil, now < 1000 {
            _ = feed(&session, &head, String(repeating: "a", count: 11_000), now)
            now += 10
            late = session.timedOut(now: at(now), limits: Self.limits)
        }
        #expect(late == .failed(HTTPParseError(.requestTimeout)))
        #expect(now == 60)
    }

    @Test func `what is drained keeps the same times, and is closed without an answer`() {
        var session = HTTPSession(acceptedAt: at(0))
        var head = RequestHead()
        _ = feed(
            &session, &head, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n", 0)
        _ = session.responseFinished(keepsAlive: true, now: at(1), limits: Self.limits)
        #expect(session.deadline(limits: Self.limits) == at(10))
        #expect(session.timedOut(now: at(10), limits: Self.limits) == .close)
    }

    @Test func `the clock's end is a moment like any other`() {
        let end = MonotonicInstant(nanoseconds: .max - 1)
        var session = HTTPSession(acceptedAt: end)
        #expect(session.deadline(limits: Self.limits) == .distantFuture)
        #expect(session.timedOut(now: end, limits: Self.limits) == nil)
        var early = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: .min))
        let late = early.timedOut(now: .distantFuture, limits: Self.limits)
        #expect(late == .failed(HTTPParseError(.headerTimeout)))
    }
}

@Suite("HARDENING A12: each byte is looked at a bounded number of times")
struct LinearityTests {
    /// Bytes looked at while `bytes` arrive `step` at a time.
    private func examined(_ bytes: [UInt8], step: Int) -> Int {
        var layout = HeadLayout(limits: HTTPLimits())
        var end = 0
        while true {
            end = min(end + step, bytes.count)
            let piece = Array(bytes[..<end])
            let outcome = RequestParser.parse(piece.span, &layout, before: Span())
            if outcome != .needMore || end == bytes.count { return layout.examined }
        }
    }

    @Test func `A12 a head of 16 KiB in single bytes costs three looks a byte, as it does whole`() {
        let field = "X: " + String(repeating: "y", count: 8000) + "\r\n"
        let text = "GET / HTTP/1.1\r\nHost: h\r\n" + field + field + "\r\n"
        let bytes = Array(text.utf8)
        let whole = examined(bytes, step: bytes.count)
        let single = examined(bytes, step: 1)
        #expect(whole <= 3 * bytes.count)
        #expect(single <= 4 * bytes.count)
    }

    @Test(arguments: [1, 2, 7, 100, 20_000])
    func `A12 a session looks at each byte of a head four times at most, however it arrives`(
        _ step: Int
    ) {
        let line = "X: " + String(repeating: "y", count: 160) + "\r\n"
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: line, count: 98) + "\r\n"
        let bytes = Array(text.utf8)
        var driver = SessionTableTests.Driver(.fresh)
        var found = HTTPStep.needMore
        for start in stride(from: 0, to: bytes.count, by: step) {
            let piece = Array(bytes[start..<min(bytes.count, start + step)])
            var offset = 0
            found = driver.session.next(
                piece.span, from: &offset, head: &driver.head, now: SessionTableTests.zero)
            #expect(offset == piece.count)
        }
        #expect(found == .request(.none))
        let (examined, fields) = (driver.head.layout.borrow { $0.examined }, driver.head.fieldCount)
        #expect(fields == 99)
        #expect(examined >= bytes.count && examined <= 4 * bytes.count)
    }

    @Test func `A12 many short lines cost no more than long ones`() {
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X:y\r\n", count: 90) + "\r\n"
        let bytes = Array(text.utf8)
        #expect(examined(bytes, step: bytes.count) <= 3 * bytes.count)
        #expect(examined(bytes, step: 1) <= 4 * bytes.count)
        #expect(examined(bytes, step: 3) <= 4 * bytes.count)
    }

    @Test func `A12 a body's bytes are counted, not looked at, and chunk heads once`() {
        var decoder = BodyDecoder(.chunked)
        let bytes = Array(("1;" + String(repeating: "e", count: 200) + "\r\na\r\n").utf8)
        var steps = 0
        for byte in bytes {
            var offset = 0
            _ = decoder.next([byte].span, from: &offset, limits: HTTPLimits())
            steps += offset
        }
        #expect(steps == bytes.count)
    }
}
