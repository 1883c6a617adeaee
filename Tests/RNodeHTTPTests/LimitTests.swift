import Testing

@testable import RNodeHTTP

@Suite("HARDENING section 1: each limit at one below, at, above, and at ten times")
struct LimitTests {
    static let start = "GET / HTTP/1.1\r\nHost: h\r\n"

    /// The status with `text(amount)` for the amounts around `limit`, and for ten times it.
    private func check(
        _ limit: Int, _ status: Int, _ limits: HTTPLimits, _ text: (Int) -> String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for amount in [limit - 1, limit, limit + 1, limit * 10] where amount > 0 {
            let bytes = Array(text(amount).utf8)
            let whole = transcript(bytes, limits: limits)
            let single = transcript(
                bytes, cuts: Array(bytes.indices.dropFirst()), limits: limits)
            let expected: Int? = amount > limit ? status : nil
            #expect(whole.status == expected, "\(amount)", sourceLocation: sourceLocation)
            #expect(single == whole, "\(amount)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [64, 8192]) func `the request line: 414`(_ limit: Int) {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = limit
        let frame = "GET / HTTP/1.1".utf8.count
        check(limit, 414, limits) {
            "GET /\(String(repeating: "a", count: $0 - frame)) HTTP/1.1\r\nHost: h\r\n\r\n"
        }
    }

    @Test func `a request line that never ends: 414 as soon as it is too long`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 64
        #expect(transcript(Array(repeating: 0x41, count: 64), limits: limits).events.isEmpty)
        #expect(transcript(Array(repeating: 0x41, count: 65), limits: limits).status == 414)
    }

    @Test(arguments: [64, 16384]) func `the header block: 431`(_ limit: Int) {
        var limits = HTTPLimits()
        limits.headerBlockBytesMax = limit
        limits.headerFieldsMax = 100_000
        check(limit, 431, limits) { amount in
            // "Host: h", and lines of at most 4096 bytes; the empty line is not counted.
            var rest = amount - 9
            var lines = ""
            while rest > 0 {
                let line = rest > 4100 ? 4096 : rest
                lines += "X:" + String(repeating: "y", count: max(0, line - 4)) + "\r\n"
                rest -= max(line, 4)
            }
            return Self.start + lines + "\r\n"
        }
    }

    @Test(arguments: [2, 100]) func `the number of fields: 431`(_ limit: Int) {
        var limits = HTTPLimits()
        limits.headerFieldsMax = limit
        check(limit, 431, limits) {
            Self.start + String(repeating: "X:y\r\n", count: $0 - 1) + "\r\n"
        }
    }

    @Test func `a field's name: 431`() {
        check(256, 431, HTTPLimits()) {
            Self.start + String(repeating: "x", count: $0) + ": y\r\n\r\n"
        }
    }

    @Test func `a field's value: 431`() {
        check(8192, 431, HTTPLimits()) {
            Self.start + "X: " + String(repeating: "y", count: $0) + " \r\n\r\n"
        }
    }

    @Test func `empty lines before a request: 400`() {
        for limit in 0...2 {
            var limits = HTTPLimits()
            limits.leadingEmptyLinesMax = limit
            check(limit, 400, limits) {
                String(repeating: "\r\n", count: $0) + Self.start + "\r\n"
            }
        }
    }

    @Test func `path segments: 414`() {
        check(64, 414, HTTPLimits()) {
            "GET \(String(repeating: "/a", count: $0)) HTTP/1.1\r\nHost: h\r\n\r\n"
        }
    }

    @Test func `query pairs: 414`() {
        check(128, 414, HTTPLimits()) {
            "GET /?a\(String(repeating: "&a", count: $0 - 1)) HTTP/1.1\r\nHost: h\r\n\r\n"
        }
    }

    @Test(arguments: [1, 1000]) func `a fixed body: 413, before it arrives`(_ limit: Int) {
        var limits = HTTPLimits()
        limits.bodyBytesMax = limit
        check(limit, 413, limits) {
            Self.start + "Content-Length: \($0)\r\n\r\n"
        }
    }

    @Test(arguments: [1, 999_999_999_999_999]) func `a declared length never overflows`(_ n: Int) {
        var limits = HTTPLimits()
        limits.bodyBytesMax = n
        for digits in 1...40 {
            let length = String(repeating: "9", count: digits)
            let status = transcript(
                Array((Self.start + "Content-Length: \(length)\r\n\r\n").utf8), limits: limits
            ).status
            let expected = digits > 15 ? 400 : n == 1 ? 413 : nil
            #expect(status == expected)
        }
    }

    @Test func `a chunked body: 413, when the chunk is declared`() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 100
        check(100, 413, limits) {
            let half = $0 / 2
            return Self.start + "Transfer-Encoding: chunked\r\n\r\n"
                + "\(String(half, radix: 16))\r\n\(String(repeating: "a", count: half))\r\n"
                + "\(String($0 - half, radix: 16))\r\n"
        }
    }

    @Test func `the digits of a chunk's size: 400`() {
        check(15, 400, HTTPLimits()) {
            Self.start + "Transfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "0", count: $0) + "\r\n\r\n"
        }
    }

    @Test func `a chunk's extensions: 400`() {
        check(256, 400, HTTPLimits()) {
            Self.start + "Transfer-Encoding: chunked\r\n\r\n0;"
                + String(repeating: "a", count: $0) + "\r\n\r\n"
        }
    }

    @Test func `all extensions of a body: 400`() {
        var limits = HTTPLimits()
        limits.chunkExtensionBytesTotalMax = 100
        check(100, 400, limits) { amount in
            let chunk = "1;" + String(repeating: "e", count: 10) + "\r\na\r\n"
            return Self.start + "Transfer-Encoding: chunked\r\n\r\n"
                + String(repeating: chunk, count: amount / 10)
                + "0;" + String(repeating: "e", count: amount % 10) + "\r\n\r\n"
        }
    }

    @Test func `trailers: 431 for their bytes together with the head's`() {
        let head = Self.start + "Transfer-Encoding: chunked\r\n\r\n"
        // The empty lines behind the head and behind the trailers are not counted.
        let block = head.utf8.count - "GET / HTTP/1.1\r\n\r\n".utf8.count
        for limit in [200, 16384] {
            var limits = HTTPLimits()
            limits.headerBlockBytesMax = limit
            limits.headerFieldsMax = 100_000
            check(limit, 431, limits) { amount in
                let rest = amount - block
                guard rest >= 4 else { return Self.start + "\r\n" }
                return head + "0\r\nX:" + String(repeating: "y", count: rest - 4) + "\r\n\r\n"
            }
        }
    }

    @Test func `a head as long as all its limits allow is taken, in every read`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 64
        limits.headerBlockBytesMax = 64
        let line = "GET /\(String(repeating: "a", count: 50)) HTTP/1.1\r\n"
        let fields = "Host: h\r\nX:\(String(repeating: "y", count: 51))\r\n"
        #expect(line.utf8.count == 64 + 2 && fields.utf8.count == 64)
        let found = transcriptInAllSplits("\r\n" + line + fields + "\r\n", limits: limits)
        #expect(found.requests.count == 1)
    }

    @Test func `trailers: 431 for their number together with the head's fields`() {
        check(100, 431, HTTPLimits()) {
            Self.start + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
                + String(repeating: "X:y\r\n", count: $0 - 2) + "\r\n"
        }
    }

    @Test func `A11 a flood of tiny fields costs no more than the limit`() {
        var consumer = Consumer(HTTPLimits())
        consumer.receive(Array(Self.start.utf8))
        let flood = Array(String(repeating: "a:\r\n", count: 20_000).utf8)
        consumer.receive(flood)
        consumer.receive(flood)
        #expect(consumer.transcript.status == 431)
        let capacity = consumer.head.bytes.capacity
        #expect(capacity <= 64 * 1024)
    }

    @Test func `a limit out of range is refused, never trapped on`() {
        let counts: [WritableKeyPath<HTTPLimits, Int>] = [
            \.requestLineBytesMax, \.headerBlockBytesMax, \.headerFieldsMax,
            \.fieldNameBytesMax, \.fieldValueBytesMax, \.pathSegmentsMax, \.queryPairsMax,
            \.chunkSizeDigitsMax, \.chunkExtensionBytesMax, \.chunkExtensionBytesTotalMax,
            \.bodyBytesMax, \.unreadBodyBytesMax, \.pipelinedRequestsMax,
            \.bodyBytesPerSecondMin,
        ]
        for count in counts {
            for bad in [0, -1, Int.min, Int.max] {
                var limits = HTTPLimits()
                limits[keyPath: count] = bad
                #expect(throws: HTTPLimitsError.self) { try limits.validate() }
            }
        }
    }

    @Test func `a limit's error names its field`() throws {
        var limits = HTTPLimits()
        try limits.validate()
        limits.keepAliveTimeout = .zero
        #expect(throws: HTTPLimitsError.self) { try limits.validate() }
        do throws(HTTPLimitsError) {
            try limits.validate()
        } catch {
            #expect(error.field == "keepAliveTimeout")
            #expect("\(error)".contains("keepAliveTimeout"))
        }
        limits = HTTPLimits()
        limits.requestsPerConnectionMax = 0
        #expect(throws: HTTPLimitsError.self) { try limits.validate() }
        limits = HTTPLimits()
        limits.leadingEmptyLinesMax = 17
        #expect(throws: HTTPLimitsError.self) { try limits.validate() }
    }

    @Test func `a time out of range is refused`() {
        let times: [WritableKeyPath<HTTPLimits, Duration>] = [
            \.headerTimeout, \.requestTimeout, \.bodyRateWindow, \.keepAliveTimeout,
        ]
        for time in times {
            for bad in [Duration.zero, .seconds(-1), .seconds(Int64.max), .seconds(90_000)] {
                var limits = HTTPLimits()
                limits[keyPath: time] = bad
                #expect(throws: HTTPLimitsError.self) { try limits.validate() }
            }
        }
    }
}
