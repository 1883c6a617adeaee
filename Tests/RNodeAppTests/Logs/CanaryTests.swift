import FoundationEssentials
import Logging
import RNodeTesting
import Testing

@testable import RNodeApp

/// A secret is put wherever a client can put one; then everything that operators and strangers see is searched for it.
@Suite("A secret that a client sent")
struct CanaryTests {
    private static let canary = "cAnAry5f0e"
    private let log = NotedLog()
    /// What onServerError was told, which an app may log.
    private let told = Journal()

    private func stage() async throws -> Stage {
        let host = try TestHost()
        let logger = log.logger(.trace)
        let app = createApp(metrics: true) {
            $0.registryExecutor = host.loops[0]
            $0.logger = logger
            $0.logs.linesPerSecondMax = 1_000
            $0.webSocket.messageBytesMax = 1_000
        }
        app.websocket("/chat") { route in
            route.onConnect { try Self.decode($0.connection.request) }
            route.onServerError { [told] event in told.note(event.error ?? "") }
        }
        app.websocket("/later") { route in
            route.onConnect { event async throws in try Self.decode(event.connection.request) }
        }
        app.websocket(raw: "/raw") { route in
            route.onMessage { bytes, _, _ in
                _ = try JSONDecoder().decode(
                    [String: Int].self, from: Data(bytes.copied()))
            }
        }
        app.post("/json") { request, response in
            let _: [String: Int] = try request.getBodyAsJson()
            response.text("read")
        }
        app.post("/decode") { request, _ in
            _ = try JSONDecoder().decode([String: Int].self, from: Data(request.body))
        }
        app.mountRoomAPI(
            at: "/rooms", authorize: .custom { _ in throw HTTPError(401, "Unauthorized") })
        try await host.run { try await app.serve(on: host.loops) }
        return Stage(host: host, app: app)
    }

    /// Decodes what a cookie asks for, as an app would a claim: the error names the key, which is the client's.
    private static func decode(_ request: OpeningRequest) throws {
        guard request.fields[.cookie]?.contains("decode") == true else { return }
        let claim = Data(#"{"\#(canary)":"\#(canary)"}"#.utf8)
        _ = try JSONDecoder().decode([String: Int].self, from: claim)
    }

    private static let fields = [
        "Authorization", "Cookie", "Origin", "User-Agent", "Referer", "X-Forwarded-For",
        "Forwarded",
        "X-Secret", "Sec-WebSocket-Protocol", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
        "Content-Type", "Accept", "Expect", "Transfer-Encoding", "Content-Length", "Upgrade",
        "Connection", "TE", "Host",
    ]

    /// Requests that hold it, right and wrong ones.
    private static var requests: [String] {
        var requests = fields.flatMap { name in
            ["GET /livez", "GET /chat", "POST /json"].map { line in
                "\(line) HTTP/1.1\r\nHost: a\r\n\(name): \(canary)\r\n\r\n"
            } + [upgrade("/chat", "\(name): \(canary)\r\n")]
        }
        for path in [
            "/\(canary)", "/chat/\(canary)", "/rooms/rooms/\(canary)", "/livez?token=\(canary)",
        ] {
            requests.append("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            requests.append(upgrade(path, ""))
        }
        requests.append(upgrade("/chat?clientId=%00\(canary)", ""))
        for path in ["/chat", "/later"] {
            requests.append(
                upgrade(
                    "\(path)?clientId=\(canary)&token=\(canary)", "Cookie: decode \(canary)\r\n"))
        }
        requests.append("\(canary) / HTTP/1.1\r\nHost: a\r\n\r\n")
        requests.append("GET / \(canary)\r\n\r\n")
        requests.append("GET /livez HTTP/1.1\r\nHost: a\r\n\(canary): \u{1}\r\n\r\n")
        requests.append("GET /livez HTTP/1.1\r\n\(canary)\r\n\r\n")
        for path in ["/json", "/decode"] {
            for body in [canary, #"{"\#(canary)":"\#(canary)"}"#, "[\"\(canary)\"]"] {
                requests.append(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            requests.append(
                "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1;\(canary)\r\nx\r\n\(canary)\r\n")
        }
        return requests
    }

    private static func upgrade(_ target: String, _ more: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "\(more)\r\n"
    }

    @Test func `B16 is in no log, no metric and no error's body`() async throws {
        let stage = try await stage()
        var seen = ""
        for request in Self.requests {
            let peer = try stage.host.connect()
            peer.send(request)
            await stage.host.settle()
            let answer = peer.takeText()
            // What was opened is the client's own business; a refusal is not.
            if !answer.hasPrefix("HTTP/1.1 101 ") { seen += answer }
            peer.close()
        }
        try await speak(stage)
        await stage.host.settle()
        for accept in ["text/plain", "application/json"] {
            let metrics = try await TestHTTP(stage.host).request(
                "GET", "/metrics", fields: [("Accept", accept)])
            #expect(metrics.status == 200)
            seen += metrics.text
        }
        #expect(log.lines.count > 25)
        #expect(log.lines(with: "a handler threw").count >= 1)
        #expect(log.lines(with: "onConnect threw").count == 2)
        #expect(told.all == ["DecodingError.typeMismatch"])
        #expect(log.lines(with: "a raw route's closure threw").count == 1)
        #expect(log.lines(with: "an opening was refused").count >= 5)
        #expect(log.lines(with: Self.canary) == [])
        #expect(seen.contains("HTTP/1.1 400 ") && seen.contains("HTTP/1.1 404 "))
        #expect(!seen.contains(Self.canary))
        #expect(!seen.lowercased().contains(Self.canary.lowercased()))
    }

    /// The same over WebSocket, until each of three connections ends in its own way.
    private func speak(_ stage: Stage) async throws {
        let ada = try await stage.client(id: Self.canary)
        let room = try await stage.room(Self.canary)
        try await ada.join(room)
        for text in [
            Self.canary,
            #"{"type":"room_message","room_id":"\#(Self.canary)","message":"\#(Self.canary)"}"#,
            #"{"type":"room_message","room_id":"\#(room)","message":"\#(Self.canary)","id":"\#(Self.canary)"}"#,
            #"{"type":"direct_message","target_client_id":"\#(Self.canary)","message":"\#(Self.canary)"}"#,
            #"{"type":"join_room","room_id":"\#(Self.canary)"}"#,
            #"{"type":"ping","id":"\#(Self.canary)"}"#,
            #"{"type":"message_ack","id":"\#(Self.canary)"}"#, #"{"type":"\#(Self.canary)"}"#,
        ] { ada.send(text) }
        ada.socket.ping(Array(Self.canary.utf8))
        ada.socket.pong(Array(Self.canary.utf8))
        ada.socket.send(Array(Self.canary.utf8))
        await stage.host.settle()
        ada.socket.close(.normal, reason: Self.canary)
        let raw = try await TestWebSocket.open(stage.host, "/raw")
        raw.send(#"{"\#(Self.canary)":"\#(Self.canary)"}"#)
        let big = try await stage.client()
        big.send(String(repeating: Self.canary, count: 200))
        await stage.host.settle()
    }
}
