import RNodeIO
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("Each limit's breaches are counted by its name")
struct LimitCountTests {
    /// What is sent, with limits that it passes, and the label that is counted.
    struct Case: Sendable, CustomTestStringConvertible {
        let label: String
        let adjust: @Sendable (inout AppConfiguration) -> Void
        let request: String

        var testDescription: String { label }

        init(
            _ label: String, _ request: String,
            _ adjust: @escaping @Sendable (inout AppConfiguration) -> Void = { _ in }
        ) {
            self.label = label
            self.request = request
            self.adjust = adjust
        }
    }

    private static func post(_ fields: String, _ body: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)"
    }

    private static func get(_ target: String, _ fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }

    private static func upgrade(_ target: String, _ fields: String = "") -> String {
        get(
            target,
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields)
    }

    private static let chunked = "Transfer-Encoding: chunked"
    private static let long = String(repeating: "x", count: 300)

    static let cases: [Case] = [
        Case("request_line_bytes_max", get("/" + long)) { $0.http.requestLineBytesMax = 200 },
        Case("header_block_bytes_max", get("/", "A: \(long)\r\n")) {
            $0.http.headerBlockBytesMax = 200
        },
        Case("header_fields_max", get("/", "A: 1\r\nB: 2\r\n")) { $0.http.headerFieldsMax = 2 },
        Case("field_name_bytes_max", get("/", "\(long): 1\r\n")),
        Case("field_value_bytes_max", get("/", "A: \(long)\r\n")) {
            $0.http.fieldValueBytesMax = 200
        },
        Case("leading_empty_lines_max", "\r\n\r\n" + get("/")),
        Case("path_segments_max", get("/a/b/c")) { $0.http.pathSegmentsMax = 2 },
        Case("query_pairs_max", get("/?a=1&b=2")) { $0.http.queryPairsMax = 1 },
        Case("chunk_size_digits_max", post(chunked, "0000000000000005\r\n")),
        Case("chunk_extension_bytes_max", post(chunked, "5;" + long)),
        Case("chunk_extension_bytes_total_max", post(chunked, "5;" + long)) {
            $0.http.chunkExtensionBytesMax = 1_000
            $0.http.chunkExtensionBytesTotalMax = 200
        },
        Case("body_bytes_max", post("Content-Length: 11")) { $0.http.bodyBytesMax = 10 },
        Case("unread_body_bytes_max", post("Content-Length: 11").replacing("/echo", with: "/no")) {
            $0.http.unreadBodyBytesMax = 10
        },
        Case("requests_per_connection_max", get("/echo")) { $0.http.requestsPerConnectionMax = 1 },
        Case("pipelined_requests_max", get("/fixed") + get("/fixed") + get("/fixed")) {
            $0.http.pipelinedRequestsMax = 2
        },
        Case("header_timeout", "GET / HT"),
        Case("request_timeout", post("Content-Length: 5")) {
            $0.http.requestTimeout = .seconds(5)
        },
        Case("body_bytes_per_second_min", post("Content-Length: 5")),
        Case("keep_alive_timeout", get("/echo")) { $0.http.keepAliveTimeout = .seconds(5) },
        Case("origins", upgrade("/chat", "Origin: http://elsewhere\r\n")),
        Case("offers_max", upgrade("/chat", "Sec-WebSocket-Protocol: a, b, c\r\n")) {
            $0.webSocket.offersMax = 2
        },
        Case("client_id_bytes", upgrade("/chat?clientId=" + long)),
        Case(
            "json_depth_max",
            post("Content-Type: application/json\r\nContent-Length: 6", "[[[]]]")
        ) { $0.json.depthMax = 2 },
    ]

    private func counts(_ stage: Stage) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for limit in LimitName.allCases {
            let count = try await stage.metric(
                #"rnode_server_limit_breaches_total{limit="\#(limit.label)"}"#)
            if count != 0 { counts[limit.label] = count }
        }
        return counts
    }

    @Test("A breach counts one, and nothing else", arguments: cases)
    func httpBreaches(_ one: Case) async throws {
        let stage = try await Stage.make {
            $0.metrics = true
            one.adjust(&$0)
        } _: { app in
            app.get("/fixed", fixed: Response().text("fixed"))
            app.get("/echo") { _, response in response.text("hello") }
            app.post("/echo") { request, response in
                struct Anything: Decodable {}
                _ = try request.getBodyAsJson(as: [Anything].self)
                response.text("never")
            }
            app.websocket("/chat") { _ in }
        }
        let loop = try #require(stage.app.core?.loops.first)
        let peer = try stage.host.connect()
        peer.send(one.request)
        await stage.host.settle()
        // What is late is so now.
        for _ in 0..<12 { await stage.host.advance(by: .seconds(1)) }
        let values = LimitName.allCases.map { loop.counters.limits.values[$0.rawValue] }
        let found = zip(LimitName.allCases, values).filter { $0.1 > 0 }
        #expect(found.map(\.0.label) == [one.label])
        #expect(found.map(\.1) == [1])
    }

    @Test("Names are bounded, in snake case, and no two are alike")
    func names() {
        let labels = LimitName.allCases.map(\.label)
        #expect(labels.count <= 64, "the row of counts has so many places")
        #expect(Set(labels).count == labels.count)
        #expect(CloseCodeLabel.labels.count <= 16)
        for label in labels {
            #expect(label.wholeMatch(of: /[a-z]+(_[a-z]+)*/) != nil, "\(label)")
        }
    }

    @Test(
        "Messages over the rate, and who goes on for too long, are two limits; a close is counted by its code"
    )
    func messageRate() async throws {
        let stage = try await Stage.make {
            $0.metrics = true
            $0.webSocket.messagesPerSecondMax = 10
            $0.webSocket.messageBurstMax = 20
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let ada = try await stage.client(id: "ada")
        for _ in 0..<25 { ada.send("hello") }
        await stage.host.settle()
        #expect(try await counts(stage) == ["messages_per_second_max": 5])
        let closes = #"rnode_server_websocket_closes_total{code="1008"}"#
        for _ in 0..<120 {
            for _ in 0..<10 { ada.send("flood") }
            await stage.host.advance(by: .milliseconds(100))
        }
        #expect(try await counts(stage)["rate_breach_timeout"] == 1)
        #expect(try await stage.metric(closes) == 1)
    }

    @Test(
        "Closes are counted by code: those that the server sends, and others together",
        arguments: [
            ("1000", UInt16(1000)), ("1001", 1001), ("1013", 1013), ("other", 4000),
            ("other", 1012),
        ])
    func closeCodes(_ label: String, _ code: UInt16) async throws {
        let stage = try await Stage.make {
            $0.metrics = true
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let first = try await stage.client(id: "ada")
        first.socket.close(CloseCode(rawValue: code))
        await stage.host.settle()
        let metric = #"rnode_server_websocket_closes_total{code="\#(label)"}"#
        #expect(try await stage.metric(metric) == 1)
        let second = try await stage.client(id: "bob")
        second.socket.close(nil)
        await stage.host.settle()
        #expect(try await stage.metric(metric) == 1)
        #expect(
            try await stage.metric(#"rnode_server_websocket_closes_total{code="none"}"#) == 1)
    }

    /// A frame of text whose mask changes nothing.
    private static func frame(_ first: UInt8, _ count: Int) -> [UInt8] {
        [first, 0x80 | UInt8(count), 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: count)
    }

    @Test(
        "A frame, a message, a fragment or a ping too many is counted by its own name",
        arguments: [
            ("frame_bytes_max", "1009", frame(0x81, 17)),
            ("message_bytes_max", "1009", frame(0x01, 10) + frame(0x80, 7)),
            ("fragments_max", "1008", frame(0x01, 1) + frame(0x00, 1) + frame(0x80, 1)),
            ("control_frame_bytes", "1002", [0x89, 0xFE, 0, 126]),
            ("control_frames_per_second_max", "1008", frame(0x89, 1) + frame(0x89, 1)),
        ] as [(String, String, [UInt8])])
    func webSocketBreaches(_ label: String, _ code: String, _ frames: [UInt8]) async throws {
        let stage = try await Stage.make {
            $0.metrics = true
            $0.webSocket.messageBytesMax = 16
            $0.webSocket.fragmentsMax = 2
            $0.webSocket.controlFramesPerSecondMax = 1
            $0.webSocket.controlFrameBurstMax = 1
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let ada = try await stage.client(id: "ada")
        ada.socket.peer.send(frames)
        await stage.host.settle()
        #expect(try await counts(stage) == [label: 1])
        let closes = #"rnode_server_websocket_closes_total{code="\#(code)"}"#
        #expect(try await stage.metric(closes) == 1)
    }

    @Test("Rooms beyond their limits are counted, whoever makes them")
    func roomBreaches() async throws {
        let stage = try await Stage.make {
            $0.metrics = true
            $0.rooms.roomsPerProcessMax = 1
            $0.rooms.roomNameBytesMax = 4
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        _ = try await stage.room("one")
        for name in ["two", "much too long", "\u{1}"] { _ = try? await stage.room(name) }
        #expect(
            try await counts(stage) == ["rooms_per_process_max": 1, "room_name_bytes_max": 1])
    }
}
