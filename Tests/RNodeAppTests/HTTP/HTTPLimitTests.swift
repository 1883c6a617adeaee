import RNodeApp
import RNodeTesting
import Testing

@Suite("HARDENING section 1: the limits of HTTP, through the whole server")
struct HTTPLimitTests {
    /// A limit on an amount: what is sent for it, and what is answered beyond it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let limit: Int
        let beyond: Int
        let adjust: @Sendable (inout AppConfiguration, Int) -> Void
        let request: @Sendable (Int) -> String

        init(
            _ name: String, _ limit: Int, _ beyond: Int,
            _ adjust: @escaping @Sendable (inout AppConfiguration, Int) -> Void,
            _ request: @escaping @Sendable (Int) -> String
        ) {
            testDescription = name
            self.limit = limit
            self.beyond = beyond
            self.adjust = adjust
            self.request = request
        }
    }

    private static func times(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: max(0, count))
    }

    private static func chunked(_ body: String) -> String {
        req("POST /echo", "Transfer-Encoding: chunked", body: body)
    }

    /// Fields of so many bytes in all, "Host: h" among them; the empty line is not counted.
    private static func block(_ amount: Int) -> String {
        var rest = amount - 9
        var lines = ""
        while rest > 0 {
            let line = rest > 4_200 ? 4_096 : rest
            lines += "X:\(times("y", line - 4))\r\n"
            rest -= max(line, 4)
        }
        return "GET /echo HTTP/1.1\r\nHost: h\r\n\(lines)\r\n"
    }

    static let rows: [Row] = [
        Row("requestLineBytesMax", 8_192, 414) {
            $0.http.requestLineBytesMax = $1
        } _: {
            req("GET /echo?\(times("q", $0 - 19))")
        },
        Row("headerBlockBytesMax", 16_384, 431) {
            $0.http.headerBlockBytesMax = $1
            $0.http.headerFieldsMax = 1_000
        } _: {
            block($0)
        },
        Row("headerBlockBytesMax, trailers", 16_384, 431) {
            $0.http.headerBlockBytesMax = $1
            $0.http.headerFieldsMax = 1_000
        } _: { amount in
            // Host and the coding are 37 bytes, the trailer around its value 4 more; empty lines do not count.
            chunked("0\r\nX:\(times("y", amount - 41))\r\n\r\n")
        },
        Row("headerFieldsMax", 100, 431) {
            $0.http.headerFieldsMax = $1
        } _: {
            "GET /echo HTTP/1.1\r\nHost: h\r\n\(times("X:y\r\n", $0 - 1))\r\n"
        },
        Row("headerFieldsMax, trailers", 100, 431) {
            $0.http.headerFieldsMax = $1
        } _: {
            chunked("0\r\n\(times("X:y\r\n", $0 - 2))\r\n")
        },
        Row("fieldNameBytesMax", 256, 431) {
            $0.http.fieldNameBytesMax = $1
        } _: {
            req("GET /echo", "\(times("n", $0)): v")
        },
        Row("fieldValueBytesMax", 8_192, 431) {
            $0.http.fieldValueBytesMax = $1
        } _: {
            req("GET /echo", "X: \(times("v", $0))")
        },
        Row("leadingEmptyLinesMax", 1, 400) {
            $0.http.leadingEmptyLinesMax = $1
        } _: {
            times("\r\n", $0) + req("GET /echo")
        },
        Row("pathSegmentsMax", 64, 414) {
            $0.http.pathSegmentsMax = $1
        } _: {
            req("GET /p\(times("/a", $0 - 1))")
        },
        Row("queryPairsMax", 128, 414) {
            $0.http.queryPairsMax = $1
        } _: {
            req("GET /echo?a\(times("&a", $0 - 1))")
        },
        Row("chunkSizeDigitsMax", 15, 400) {
            $0.http.chunkSizeDigitsMax = $1
        } _: {
            chunked("\(times("0", $0))\r\n\r\n")
        },
        Row("chunkExtensionBytesMax", 256, 400) {
            $0.http.chunkExtensionBytesMax = $1
        } _: {
            chunked("0;\(times("e", $0))\r\n\r\n")
        },
        Row("chunkExtensionBytesTotalMax", 16_384, 400) {
            $0.http.chunkExtensionBytesTotalMax = $1
        } _: { amount in
            let chunk = "1;\(times("e", 128))\r\na\r\n"
            return chunked(times(chunk, amount / 128) + "0;\(times("e", amount % 128))\r\n\r\n")
        },
        Row("bodyBytesMax", 1_048_576, 413) {
            $0.http.bodyBytesMax = $1
        } _: {
            req("POST /echo", "Content-Length: \($0)", body: times("b", $0))
        },
        Row("bodyBytesMax, in chunks", 1_048_576, 413) {
            $0.http.bodyBytesMax = $1
        } _: { amount in
            let half = amount / 2
            let first = "\(String(half, radix: 16))\r\n\(times("b", half))\r\n"
            let rest = amount - half
            return chunked(
                first + "\(String(rest, radix: 16))\r\n\(times("b", rest))\r\n0\r\n\r\n")
        },
        Row("JSONLimits.depthMax", 32, 400) {
            $0.json.depthMax = $1
        } _: {
            json("\(times("[", $0))\(times("]", $0))")
        },
        Row("JSONLimits.keysMax", 256, 400) {
            $0.json.keysMax = $1
        } _: { amount in
            json("{" + (0..<amount).map { "\"\($0)\":0" }.joined(separator: ",") + "}")
        },
        Row("JSONLimits.numberDigitsMax", 32, 400) {
            $0.json.numberDigitsMax = $1
        } _: {
            json("[0.\(times("1", $0 - 1))]")
        },
    ]

    private static func json(_ text: String) -> String {
        req(
            "POST /json", "Content-Type: application/json", "Content-Length: \(text.utf8.count)",
            body: text)
    }

    private func makeStage(
        _ adjust: (inout AppConfiguration) -> Void
    ) async throws -> Stage {
        try await Stage.make(adjust) { app in
            let limits = app.configuration.json
            app.any("/echo") { $1.text("\($0.body.count)") }
            app.any("/p/{rest*}") { $1.text("p") }
            app.any("/p") { $1.text("p") }
            app.post("/json") { request, response in
                struct Anything: Decodable { init(from decoder: any Decoder) {} }
                _ = try request.getBodyAsJson(as: Anything.self, limits: limits)
                response.text("json")
            }
        }
    }

    @Test(arguments: rows, [-1, 0, 1, nil])
    func `one below, at, one above and ten times`(_ row: Row, _ extra: Int?) async throws {
        let stage = try await makeStage { row.adjust(&$0, row.limit) }
        let amount = extra.map { row.limit + $0 } ?? row.limit * 10
        let peer = try stage.host.connect()
        let isBeyond = amount > row.limit
        peer.send(row.request(amount) + req("GET /echo"))
        try await stage.host.wait(for: "answer") {
            peer.isFinished || peer.availableCount > 0
        }
        await stage.host.settle()
        var reader = AnswerReader(peer.takeBytes())
        let first = try #require(try reader.next(isToHead: false))
        #expect(first.status == (isBeyond ? row.beyond : 200), "\(amount): \(first.text)")
        // What is wrong with JSON is the request's; all else ends the connection.
        let isKept = !isBeyond || row.testDescription.hasPrefix("JSON")
        #expect(peer.isFinished == !isKept)
        #expect((try reader.next(isToHead: false)?.status == 200) == isKept)
    }

    @Test func `each field of HTTPLimits has its row, here or below`() {
        let elsewhere: Set = [
            "unreadBodyBytesMax", "pipelinedRequestsMax", "requestsPerConnectionMax",
            "headerTimeout",
            "requestTimeout", "bodyRateWindow", "bodyBytesPerSecondMin", "keepAliveTimeout",
        ]
        let named = Set(Self.rows.map { String($0.testDescription.prefix { $0 != "," }) })
        for field in Mirror(reflecting: HTTPLimits()).children.compactMap(\.label) {
            let name = field.hasSuffix("Nanoseconds") ? String(field.dropLast(11)) : field
            #expect(named.contains(name) || elsewhere.contains(name), "\(name)")
        }
    }

    // MARK: - Connections

    @Test(arguments: [-1, 0, 1, 9 * 65_536])
    func `unreadBodyBytesMax: a longer body that nobody reads ends the connection`(
        _ extra: Int
    ) async throws {
        let stage = try await makeStage { _ in }
        let peer = try stage.host.connect()
        let count = 65_536 + extra
        peer.send(
            req("POST /nobody", "Content-Length: \(count)", body: Self.times("b", count))
                + req("GET /echo"))
        await stage.host.settle()
        var reader = AnswerReader(peer.takeBytes())
        #expect(try reader.next(isToHead: false)?.status == 404)
        #expect((try reader.next(isToHead: false)?.status == 200) == (extra <= 0))
        #expect(peer.isFinished == (extra > 0))
    }

    @Test(arguments: [31, 32, 33, 320])
    func `pipelinedRequestsMax: answers are sent before more than 32 requests are in flight`(
        _ count: Int
    ) async throws {
        let seen = Journal()
        let watch = Watch()
        let stage = try await Stage.make { app in
            app.get("/watched") { _, response in
                seen.note("\(watch.availableCount > 0)")
                response.text("x")
            }
        }
        let peer = try stage.host.connect()
        watch.peer = peer
        peer.send(String(repeating: req("GET /watched"), count: count))
        await stage.host.settle()
        var reader = AnswerReader(peer.takeBytes())
        var answers = 0
        while try reader.next(isToHead: false)?.status == 200 { answers += 1 }
        #expect(answers == count)
        // Of each 32 none sees an answer of its own batch; all behind the first see the first batch's.
        #expect(seen.all == (0..<count).map { "\($0 >= 32)" })
    }

    // @unchecked: set before the requests are sent, used by the test's one thread.
    private final class Watch: @unchecked Sendable {
        var peer: InMemoryPeer?
        var availableCount: Int { peer?.availableCount ?? 0 }
    }

    @Test(arguments: [1, 5], [-1, 0, 1, nil])
    func `requestsPerConnectionMax: the last answer closes`(
        _ limit: Int, _ extra: Int?
    ) async throws {
        let stage = try await makeStage { $0.http.requestsPerConnectionMax = limit }
        let count = extra.map { limit + $0 } ?? limit * 10
        let peer = try stage.host.connect()
        peer.send(String(repeating: req("GET /echo"), count: count))
        await stage.host.settle()
        var reader = AnswerReader(peer.takeBytes())
        var connections: [[String]] = []
        while let answer = try reader.next(isToHead: false) {
            connections.append(answer.values("connection"))
        }
        #expect(connections.count == min(count, limit))
        #expect(peer.isFinished == (count >= limit))
        #expect((connections.last == ["close"]) == (count >= limit))
    }

    // MARK: - Time

    /// A time: what a client does at its start, and what becomes of it.
    struct Time: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let milliseconds: Int
        let status: Int?
        let begin: String
    }

    static let times = [
        Time(
            testDescription: "C10 headerTimeout, from accept", milliseconds: 10_000, status: 408,
            begin: ""),
        Time(
            testDescription: "C10 headerTimeout, half a head", milliseconds: 10_000, status: 408,
            begin: "GET /ec"),
        Time(
            testDescription: "C10 bodyBytesPerSecondMin over bodyRateWindow", milliseconds: 10_000,
            status: 408,
            begin: req("POST /echo", "Content-Length: 100000", body: times("b", 10_239))),
        Time(
            testDescription: "C10 bodyRateWindow in chunks", milliseconds: 10_000, status: 408,
            begin: chunked("ff\r\nabc")),
        Time(
            testDescription: "keepAliveTimeout", milliseconds: 75_000, status: nil,
            begin: req("GET /echo")),
        Time(
            testDescription: "what is skipped must come as fast", milliseconds: 10_000, status: nil,
            begin: req("POST /nobody", "Content-Length: 100", body: "abc")),
    ]

    @Test(arguments: times, [-1, 0, 1, nil])
    func `C10 a time that has passed ends the connection, and not one millisecond before`(
        _ time: Time, _ extra: Int?
    ) async throws {
        let stage = try await makeStage { _ in }
        let peer = try stage.host.connect()
        await stage.host.settle()
        peer.send(time.begin)
        await stage.host.settle()
        _ = peer.takeBytes()
        let milliseconds = extra.map { time.milliseconds + $0 } ?? time.milliseconds * 10
        await stage.host.advance(by: .milliseconds(milliseconds))
        let isOver = milliseconds >= time.milliseconds
        let text = peer.takeText()
        #expect(peer.isFinished == isOver)
        if let status = time.status, isOver {
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        } else {
            #expect(text.isEmpty)
        }
    }

    @Test(arguments: [
        (59_999, false), (60_000, true), (60_001, true), (600_000, true),
    ])
    func `C10 requestTimeout: a body that comes fast enough is due after a minute all the same`(
        _ milliseconds: Int, _ isOver: Bool
    ) async throws {
        let stage = try await makeStage { _ in }
        let peer = try stage.host.connect()
        peer.send(req("POST /echo", "Content-Length: 1000000"))
        await stage.host.settle()
        var left = milliseconds
        while left > 0, !peer.isFinished {
            peer.send(Self.times("b", 6_000))
            await stage.host.advance(by: .milliseconds(min(left, 5_000)))
            left -= 5_000
        }
        #expect(peer.isFinished == isOver)
        #expect(peer.takeText().hasPrefix("HTTP/1.1 408 ") == isOver)
    }

    @Test(arguments: [
        (9_999, false), (10_000, true), (10_001, true), (100_000, true),
    ])
    func `handshakeTimeout: an onConnect that is not done is answered 503`(
        _ milliseconds: Int, _ isOver: Bool
    ) async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.onConnect { _ async in await gate.pass() } }
        }
        let peer = try stage.host.connect()
        peer.send(UpgradeThreatTests.upgrade + "\r\n")
        await stage.host.advance(by: .milliseconds(milliseconds))
        #expect(peer.takeText().hasPrefix("HTTP/1.1 503 ") == isOver)
        gate.open()
        await stage.host.settle()
        #expect(peer.takeText().hasPrefix("HTTP/1.1 101 ") == !isOver)
    }
}
