import RNodeApp
import RNodeTesting
import Testing

@Suite("HTTP routes of an app")
struct HTTPTests {
    private func makeStage(_ register: (App) -> Void) async throws -> (Stage, TestHTTP) {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { _ in }
            app.get("/fixed", fixed: Response().text("fixed"))
            app.get("/hello/{name}") { request, response in
                response.text("hello \(request.params["name"] ?? "")")
            }
            app.post("/later") { request, response async throws in
                await Task.yield()
                struct Body: Codable { let n: Int }
                let body = try request.getBodyAsJson(as: Body.self)
                response.json(["n": body.n + 1])
            }
            app.get("/throws") { _, _ in throw Refused() }
            app.mountRoomAPI(authorize: .open)
            register(app)
        }
        return (stage, try TestHTTP(stage.host))
    }

    @Test(
        arguments: [
            ("GET", "/fixed", 200, "fixed"), ("GET", "/hello/w%C3%B6rld", 200, "hello wörld"),
            ("GET", "/nothing", 404, #"{"success":false,"error":"Not found"}"#),
            ("PUT", "/fixed", 405, #"{"success":false,"error":"Method not allowed"}"#),
            ("GET", "/chat", 426, #"{"success":false,"error":"Expected a WebSocket upgrade"}"#),
            ("GET", "/throws", 500, #"{"success":false,"error":"Internal server error"}"#),
            ("HEAD", "/fixed", 200, ""),
            ("GET", "/websocket/rooms/none", 404, #"{"success":false,"error":"Room not found"}"#),
        ])
    func `each request has its answer`(
        method: String, target: String, status: Int, text: String
    ) async throws {
        let (stage, http) = try await makeStage { _ in }
        defer { withExtendedLifetime(stage) {} }
        for _ in 0..<2 {
            let response = try await http.request(method, target)
            #expect(response.status == status)
            #expect(response.text == text)
        }
    }

    @Test(
        arguments: [
            (#"{"n":1}"#, "application/json", 200), (#"{"n":1}"#, "text/plain", 415),
            (#"{"n":"x"}"#, "application/json", 422), (#"{"n":"#, "application/json", 400),
            (String(repeating: "[", count: 100), "application/json", 400),
        ])
    func `a JSON body is read or refused`(body: String, type: String, status: Int) async throws {
        let (stage, http) = try await makeStage { _ in }
        defer { withExtendedLifetime(stage) {} }
        let response = try await http.request(
            "POST", "/later", fields: [("Content-Type", type)], body: body)
        #expect(response.status == status)
    }

    @Test(arguments: [(3, 200), (4, 400)])
    func `a JSON body has the app's limits, unless the handler gives others`(
        depth: Int, status: Int
    ) async throws {
        let stage = try await Stage.make {
            $0.json.depthMax = 3
        } _: { app in
            app.post("/nested") { request, response in
                _ = try request.getBodyAsJson(as: JSON.self)
                response.text("read")
            }
            app.post("/deeper") { request, response in
                var limits = JSONLimits()
                limits.depthMax = 4
                _ = try request.getBodyAsJson(as: JSON.self, limits: limits)
                response.text("read")
            }
        }
        let http = try TestHTTP(stage.host)
        let body =
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let fields = [("Content-Type", "application/json")]
        let nested = try await http.request("POST", "/nested", fields: fields, body: body)
        #expect(nested.status == status)
        let deeper = try await http.request("POST", "/deeper", fields: fields, body: body)
        #expect(deeper.status == 200)
    }

    @Test(arguments: ["/chat", "/nowhere"])
    func `a refused upgrade has no body when it asks by HEAD`(target: String) async throws {
        let (stage, _) = try await makeStage { _ in }
        let peer = try stage.host.connect()
        peer.send(
            "HEAD \(target) HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await stage.host.settle()
        let answer = peer.takeText()
        #expect(answer.hasPrefix("HTTP/1.1 4"))
        #expect(answer.lowercased().contains("content-length: "))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func `pipelined requests are answered in order, across async handlers`() async throws {
        let (stage, http) = try await makeStage { app in
            app.get("/slow") { _, response async in
                await Task.yield()
                response.text("slow")
            }
        }
        defer { withExtendedLifetime(stage) {} }
        http.send(
            "GET /slow HTTP/1.1\r\nHost: t\r\n\r\nGET /fixed HTTP/1.1\r\nHost: t\r\n\r\n"
                + "GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
        var texts: [String] = []
        for _ in 0..<3 { texts.append(try await http.response().text) }
        #expect(texts == ["slow", "fixed", "slow"])
    }

    @Test func `a route that is known from the request before is that of its own request line`()
        async throws
    {
        let (stage, http) = try await makeStage { app in
            app.get("/other", fixed: Response().text("other"))
        }
        defer { withExtendedLifetime(stage) {} }
        let answers = [
            ("GET", "/fixed", "fixed"), ("GET", "/other", "other"), ("GET", "/hello/a", "hello a"),
            ("GET", "/hello/b", "hello b"), ("HEAD", "/fixed", ""), ("GET", "/fixed?a", "fixed"),
        ]
        for first in answers {
            for (method, target, text) in [first, first] + answers + [first] {
                let response = try await http.request(method, target)
                #expect(response.status == 200 && response.text == text, "\(target) \(first)")
            }
        }
        // The head of an upgrade has a number, too, and a route that is no HTTP route.
        let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        for target in ["/fixed", "/chat"] {
            _ = try await http.request("GET", "/other")
            let other = try TestHTTP(stage.host)
            #expect(try await other.request("GET", target, fields: upgrade).status != 200)
            let (wanted, text) = target == "/fixed" ? (200, "fixed") : (426, nil)
            let response = try await http.request("GET", target)
            #expect(response.status == wanted && (text == nil || response.text == text))
        }
    }

    @Test func `a known route is no way around the hosts that are allowed`() async throws {
        let stage = try await Stage.make {
            $0.allowedHosts = ["a.example"]
        } _: { app in
            app.get("/page", fixed: Response().text("page"))
        }
        defer { withExtendedLifetime(stage) {} }
        let http = try TestHTTP(stage.host)
        for (host, status) in [("a.example", 200), ("b.example", 421), ("a.example", 200)] {
            http.send("GET /page HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try await http.response().status == status, "\(host)")
        }
    }

    @Test func `middleware runs around handlers, in order`() async throws {
        let journal = Journal()
        let (stage, http) = try await makeStage { app in
            app.use { request, response, next in
                journal.note("outer")
                try await next(request, response)
                response.header("X-Outer", "seen")
            }
            app.use { request, response, next in
                journal.note("inner")
                guard request.query["deny"] == nil else { throw HTTPError(403, "denied") }
                try await next(request, response)
            }
        }
        defer { withExtendedLifetime(stage) {} }
        let fixed = try await http.request("GET", "/fixed")
        #expect(fixed.text == "fixed")
        #expect(fixed.field("x-outer") == "seen")
        #expect(try await http.request("GET", "/fixed?deny=1").status == 403)
        #expect(journal.all == ["outer", "inner", "outer", "inner"])
    }

    @Test func `the room API makes, shows, fills and empties a room`() async throws {
        let (stage, http) = try await makeStage { _ in }
        let json = [("Content-Type", "application/json")]
        let made = try await http.request(
            "POST", "/websocket/rooms", fields: json, body: #"{"name":"a","maxConnections":1}"#)
        #expect(made.status == 200)
        let room = try #require(made.text.split(separator: "\"").first { $0.hasPrefix("room_") })
        let ada = try await stage.client(id: "ada")
        guard case .string(let id)? = ada.welcome["connection_id"] else { return }
        let member = #"{"connectionId":"\#(id)"}"#
        let join = "/websocket/rooms/\(room)/join"
        #expect(try await http.request("POST", join, fields: json, body: member).status == 200)
        #expect(try await http.request("POST", join, fields: json, body: member).status == 409)
        try await ada.next("room_joined")
        #expect(
            try await http.request(
                "POST", "/websocket/rooms/\(room)/message", fields: json,
                body: #"{"message":"hi"}"#
            ).status == 200)
        #expect(try await ada.next("room_message")["message"] == "hi")
        let rooms = try await http.request("GET", "/websocket/clients/\(id)/rooms")
        #expect(rooms.text.contains(room))
        #expect(
            try await http.request(
                "POST", "/websocket/rooms/\(room)/leave", fields: json, body: member
            ).status == 200)
        try await ada.next("room_left")
    }
}
