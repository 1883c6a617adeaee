import HTTPTypes
import RNodeApp
import RNodeHTTP
import RNodeRooms
import RNodeTesting
import Testing

/// Calls of the API document, and sentences of PROTOCOL, that no other suite is about.
@Suite("The API document, call by call")
struct DocumentTests {
    // MARK: - Routes

    @Test(arguments: ["chat", "", "/{a}/{a}", "/{rest*}/more", "/{"])
    func `a path that is none throws when the app is to be served`(path: String) async throws {
        await #expect(throws: RouteError.self) {
            _ = try await Stage.make { $0.websocket(path) { _ in } }
        }
        await #expect(throws: RouteError.self) {
            _ = try await Stage.make { $0.get(path) { $1.text("") } }
        }
    }

    @Test func `a path that is registered twice throws, however its parameters are called`()
        async throws
    {
        await #expect(throws: RouteError.self) {
            _ = try await Stage.make { app in
                app.websocket("/chat/{room}") { _ in }
                app.websocket("/chat/{name}") { _ in }
            }
        }
        await #expect(throws: RouteError.self) {
            _ = try await Stage.make { app in
                app.get("/chat") { $1.text("") }
                app.websocket("/chat") { _ in }
            }
        }
    }

    @Test func `a route takes its options as a value`() async throws {
        let journal = Journal()
        var options = WebSocketOptions()
        options.onMessage { journal.note("\($0.handlerId) \($0.data ?? "")") }
        let stage = try await Stage.make { [options] app in
            app.websocket("/other", WebSocketOptions())
            app.websocket("/chat", options)
        }
        let ada = try await stage.client()
        ada.send("hello")
        try await ada.next("message_ack")
        // Handlers are numbered as they were registered.
        #expect(journal.all == ["handler_2 hello"])
    }

    @Test(arguments: [
        ("PATCH", "patched"), ("OPTIONS", "options"), ("PUT", "any"), ("GET", "got"), ("HEAD", ""),
    ])
    func `each method has its registration`(method: String, text: String) async throws {
        let stage = try await Stage.make { app in
            app.patch("/it") { $1.text("patched") }
            app.options("/it") { $1.text("options") }
            app.head("/it") { $1.header("X-Own", "yes") }
            app.get("/it") { $1.text("got") }
            app.any("/it") { $1.text("any") }
        }
        let answer = try await TestHTTP(stage.host).request(method, "/it")
        #expect(answer.status == 200 && answer.text == text)
        #expect((answer.field("X-Own") == "yes") == (method == "HEAD"))
    }

    // MARK: - Rooms

    @Test func `rooms are made in the document's argument order, joined and left by their words`()
        async throws
    {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let app = stage.app
        let room = try await stage.host.run { try await app.createRoom("Lobby", "All of us", 1) }
        let ada = try await stage.client(id: "ada")
        let bob = try await stage.client(id: "bob")
        func id(_ client: Client) throws -> String {
            guard case .string(let id)? = client.welcome["connection_id"] else { return "" }
            return id
        }
        let (first, second) = (try id(ada), try id(bob))
        let said = try await stage.host.run { [first, second] in
            [
                await app.joinRoom(first, room), await app.joinRoom(second, room),
                await app.joinRoom(first, room), await app.joinRoom("nobody", room),
                await app.leaveRoom(second, room), await app.joinRoom(first, "room_none"),
            ]
        }
        #expect(said == [true, false, false, false, false, false])
        let rooms = try await stage.host.run { await app.getUserRooms(first) }
        #expect(rooms.map(\.id) == [room])
        #expect(rooms.first?.description == "All of us" && rooms.first?.maxConnections == 1)
        let left = try await stage.host.run {
            [await app.leaveRoom(first, room), await app.leaveRoom(first, room)]
        }
        #expect(left == [true, false])
        #expect(try await stage.host.run { await app.getUserRooms(first) }.isEmpty)
    }

    @Test func `a room that was empty for its time to live is removed, and no other`() async throws
    {
        let stage = try await Stage.make {
            $0.rooms.emptyRoomTimeToLive = .seconds(8)
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let app = stage.app
        let (empty, full) = (try await stage.room("empty"), try await stage.room("full"))
        let ada = try await stage.client()
        try await ada.join(full)
        await stage.host.advance(by: .seconds(7))
        #expect(try await stage.host.run { await app.getAllRooms() }.map(\.id) == [empty, full])
        // Looked for every two seconds.
        await stage.host.advance(by: .seconds(4))
        #expect(try await stage.host.run { await app.getAllRooms() }.map(\.id) == [full])
    }

    // MARK: - Metrics

    @Test func `metrics are served when they are on, unless a route of the user's stands there`()
        async throws
    {
        let off = try await Stage.make { _ in }
        #expect(try await TestHTTP(off.host).request("GET", "/metrics").status == 404)
        let mine = try await Stage.make {
            $0.metrics = true
        } _: { app in
            app.get("/metrics") { $1.text("mine") }
        }
        #expect(try await TestHTTP(mine.host).request("GET", "/metrics").text == "mine")
    }

    @Test func `of rooms only those that were named are shown one by one`() async throws {
        let stage = try await Stage.make {
            $0.metrics = true
            $0.metricsRooms = ["Lobby"]
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let (lobby, other) = (try await stage.room("Lobby"), try await stage.room("Other"))
        let ada = try await stage.client()
        try await ada.join(lobby)
        try await ada.join(other)
        let page = try await TestHTTP(stage.host).request("GET", "/metrics").text
        #expect(page.contains("room_connections{room=\"Lobby\"} 1\n"))
        #expect(page.contains("room_connections 2\n") && !page.contains("Other"))
    }

    // MARK: - Every id is answered once

    @Test(arguments: ["ping", "pong"], [true, false])
    func
        `a ping or pong that its callback cancels gets no JSON answer, and one with an id its notice`(
            type: String, isAsync: Bool
        ) async throws
    {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                let journal = Journal()
                journal.record(on: &route, asynchronously: isAsync) { event in
                    event == .onPing || event == .onPong ? .cancel("not now") : nil
                }
            }
        }
        let ada = try await stage.client()
        ada.send(#"{"type":"\#(type)"}"#)
        ada.send(#"{"type":"\#(type)","id":"p-1"}"#)
        let notice = try await ada.next("message_blocked")
        #expect(notice["id"] == "p-1" && notice["reason"] == "not now")
        #expect(notice["event"] == .string(type) && notice["code"] == "blocked_by_handler")
        ada.send("done")
        try await ada.next("message_ack")
    }
}
