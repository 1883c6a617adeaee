import RNodeApp
import RNodeTesting
import Testing

@Suite("HARDENING A8 and A9: upgrades, through the whole server")
struct UpgradeThreatTests {
    static let upgrade =
        "GET /chat HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    static let evil = "GET /evil HTTP/1.1\r\nHost: test\r\n\r\n"

    private func makeStage(
        _ journal: Journal, _ adjust: (inout AppConfiguration) -> Void = { _ in }
    ) async throws -> Stage {
        try await Stage.make(adjust) { app in
            app.get("/evil") { _, response in
                journal.note("evil")
                response.text("evil")
            }
            app.websocket("/chat") { route in
                route.subprotocols = ["chat"]
                route.onConnect { event in
                    journal.note("connect")
                    return event.connection.request.query["no"] == nil
                        ? nil : WebSocketEventResult.cancel("no")
                }
            }
        }
    }

    /// All that the server answers to `text`.
    private func answers(
        _ text: String, _ stage: Stage, _ shape: StreamShape = StreamShape()
    ) async throws -> (text: String, isFinished: Bool) {
        let peer = try stage.host.connect(shape: shape)
        peer.send(text)
        await stage.host.settle()
        return (peer.takeText(), peer.isFinished)
    }

    @Test(
        arguments: [
            ("Content-Length: 1\r\n", "x"), ("Content-Length: 37\r\n", ""),
            ("content-length:\t5\r\n", "hello"), ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: identity\r\n", ""),
            ("Content-Length: 0\r\nContent-Length: 0\r\n", ""),
        ], [StreamShape(), .byteByByte])
    func `A8 a body on an upgrade is refused, and a request behind it never runs`(
        _ wire: (String, String), _ shape: StreamShape
    ) async throws {
        let journal = Journal()
        let stage = try await makeStage(journal)
        let probe = Self.upgrade + wire.0 + "\r\n" + wire.1 + Self.evil
        let found = try await answers(probe, stage, shape)
        #expect(found.text.hasPrefix("HTTP/1.1 400 "))
        #expect(found.text.split(separator: "HTTP/1.1 ").count == 1)
        #expect(found.isFinished)
        #expect(journal.all.isEmpty)
    }

    @Test(
        arguments: [
            ("GET /nobody", 13, ""), ("GET /evil", 13, ""), ("GET /chat?no=1", 13, ""),
            ("GET /chat", 8, ""), ("POST /chat", 13, ""), ("GET /chat", 13, "Origin: http://evil"),
            ("GET /chat", 13, "Sec-WebSocket-Protocol: a,a"),
            ("GET /chat", 13, "Sec-WebSocket-Protocol: a\"b"),
            ("GET /chat", 13, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            ("GET /chat?clientId=a&clientId=b", 13, ""),
        ], [StreamShape(), .byteByByte])
    func `A8 a refused upgrade is the last answer, and a request behind it never runs`(
        _ wire: (line: String, version: Int, field: String), _ shape: StreamShape
    ) async throws {
        let journal = Journal()
        let stage = try await makeStage(journal)
        let head = Self.upgrade.replacing("GET /chat", with: wire.line)
            .replacing("Version: 13", with: "Version: \(wire.version)")
        let field = wire.field.isEmpty ? "" : wire.field + "\r\n"
        let found = try await answers(head + field + "\r\n" + Self.evil, stage, shape)
        #expect(found.text.hasPrefix("HTTP/1.1 4"), "\(found.text)")
        #expect(found.text.hasPrefix("HTTP/1.1 426 ") == (wire.version != 13))
        #expect(found.text.contains("Sec-WebSocket-Version: 13\r\n") == (wire.version != 13))
        #expect(found.text.split(separator: "HTTP/1.1 ").count == 1)
        #expect(found.isFinished)
        #expect(!journal.all.contains("evil"))
    }

    @Test func `A8 behind a 101 no request runs: its bytes are frames, and wrong ones`()
        async throws
    {
        let journal = Journal()
        let stage = try await makeStage(journal)
        let found = try await answers(Self.upgrade + "\r\n" + Self.evil, stage)
        #expect(found.text.hasPrefix("HTTP/1.1 101 "))
        #expect(!found.text.contains("HTTP/1.1 200"))
        #expect(journal.all == ["connect"])
    }

    @Test(arguments: [-1, 0, 1, 9 * 4_096])
    func `A8 bytes before the 101 are kept up to 16 KiB, and end the connection beyond`(
        _ extra: Int
    ) async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.onConnect { _ async in await gate.pass() } }
        }
        let peer = try stage.host.connect()
        // A masked binary frame, as long as may wait, more or less, right behind the head.
        let count = 16_384 + extra
        let size = count - 8
        let frame: [UInt8] = [0x82, 0xFE, UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF), 0, 0, 0, 0]
        peer.send(Array((Self.upgrade + "\r\n").utf8) + frame + [UInt8](repeating: 0, count: size))
        await stage.host.settle()
        gate.open()
        await stage.host.settle()
        let text = peer.takeText()
        #expect(text.hasPrefix(extra > 0 ? "HTTP/1.1 400 " : "HTTP/1.1 101 "), "\(text.prefix(90))")
        #expect(text.split(separator: "HTTP/1.1 ").count == 1 || extra <= 0)
    }

    @Test(
        arguments: [
            (
                "GET /evil",
                "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAM\r\n",
                200
            ),
            ("GET /evil", "Upgrade: TLS/1.0, foo\r\nConnection: Upgrade\r\n", 200),
            ("GET /evil", "Upgrade: websocketx\r\nConnection: Upgrade\r\n", 200),
            ("CONNECT test:80", "", 405), ("CONNECT test", "", 400), ("CONNECT /evil", "", 400),
            ("TRACE /evil", "", 405), ("TRACE /nobody", "", 404), ("PATCH /evil", "", 405),
            ("OPTIONS *", "", 405), ("OPTIONS /evil", "", 405), ("PRI *", "", 501),
            ("BREW /evil", "", 501),
            ("get /evil", "", 501),
        ])
    func `A9 h2c is ignored, a known method that a path lacks is 405, an unknown one 501`(
        line: String, fields: String, status: Int
    ) async throws {
        let journal = Journal()
        let stage = try await makeStage(journal)
        let found = try await answers("\(line) HTTP/1.1\r\nHost: test\r\n\(fields)\r\n", stage)
        #expect(found.text.hasPrefix("HTTP/1.1 \(status) "), "\(found.text)")
        #expect(found.text.contains("Allow: ") == (status == 405))
        #expect(journal.all == (status == 200 ? ["evil"] : []))
    }

    @Test(arguments: [1, 15, 16, 17, 160])
    func `A13 of many subprotocols the first sixteen are considered`(_ count: Int) async throws {
        let stage = try await makeStage(Journal())
        let names = (1..<count).map { "p\($0)" } + ["chat"]
        let field = "Sec-WebSocket-Protocol: \(names.joined(separator: ","))\r\n"
        let found = try await answers(Self.upgrade + field + "\r\n", stage)
        #expect(found.text.hasPrefix("HTTP/1.1 101 "))
        #expect(found.text.contains("Sec-WebSocket-Protocol: chat\r\n") == (count <= 16))
    }

    @Test(arguments: [",", " ,", "a;", "a; b,", "a;b=\"c\",", "\"", "=", ";"])
    func `A13 a field of extensions or protocols as long as can be is read through`(
        _ piece: String
    ) async throws {
        let stage = try await makeStage(Journal())
        let value = String(repeating: piece, count: 8_000 / piece.utf8.count)
        for name in ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Connection"] {
            let found = try await answers(Self.upgrade + "\(name): \(value)\r\n\r\n", stage)
            // What is offered is taken or left; the handshake needs none of it, but for tokens as protocols.
            let isRefused = name == "Sec-WebSocket-Protocol"
            #expect(found.text.hasPrefix("HTTP/1.1 \(isRefused ? 400 : 101) "), "\(name)")
        }
    }
}
