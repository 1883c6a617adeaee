import RNodeApp
import RNodeTesting
import Testing

@Suite("Handlers that throw or hang")
struct HandlerFaultTests {
    /// What makes each event happen.
    private static let causes: [(WebSocketEvent, [String])] = [
        (.onMessage, ["text"]),
        (.onJoinRoom, [#"{"type":"join_room","room_id":"ROOM"}"#]),
        (
            .onLeaveRoom,
            [
                #"{"type":"join_room","room_id":"ROOM"}"#,
                #"{"type":"leave_room","room_id":"ROOM"}"#,
            ]
        ),
        (
            .onRoomMessage,
            [
                #"{"type":"join_room","room_id":"ROOM"}"#,
                #"{"type":"room_message","room_id":"ROOM","message":"x"}"#,
            ]
        ),
        (.onDirectMessage, [#"{"type":"direct_message","target_client_id":"ada","message":"x"}"#]),
        (.onMessageAck, [#"{"type":"message_ack","id":"x"}"#]),
        (.onPing, [#"{"type":"ping"}"#]),
        (.onPong, [#"{"type":"pong"}"#]),
        (.onBinaryMessage, ["BINARY"]),
        (.onWelcome, []),
    ]

    @Test(arguments: causes.indices, [false, true])
    func `D8 a callback that throws costs its event, and the connection stays`(
        row: Int, isAsync: Bool
    ) async throws {
        let (faulty, causes) = Self.causes[row]
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                journal.record(on: &route, asynchronously: isAsync) { event in
                    if event == faulty { throw Refused() }
                    return nil
                }
            }
        }
        let room = try await stage.room()
        let socket = try await TestWebSocket.open(stage.host, "/chat?clientId=ada")
        for cause in causes {
            if cause == "BINARY" {
                socket.send([1, 2, 3])
            } else {
                socket.send(cause.replacing("ROOM", with: room))
            }
        }
        socket.ping([7])
        let seen = await socket.all()
        #expect(seen.contains(.pong([7])), "\(seen)")
        #expect(!seen.contains { if case .close = $0 { true } else { false } })
        // A ping frame is a ping as well.
        let failures = faulty == .onPing ? 2 : 1
        #expect(journal.all.count { $0 == "onServerError" } == failures)
        let isBlocked = seen.contains { "\($0)".contains("handler_failed") }
        let blocks: [WebSocketEvent] = [
            .onMessage, .onBinaryMessage, .onRoomMessage, .onDirectMessage,
        ]
        #expect(isBlocked == blocks.contains(faulty), "\(seen)")
    }

    @Test(arguments: [false, true])
    func `D8 an HTTP handler or onConnect that throws is a 500 without its reason`(
        isAsync: Bool
    ) async throws {
        let stage = try await Stage.make { app in
            if isAsync {
                app.get("/throws") { _, _ async throws in throw Refused() }
                app.websocket("/chat") { $0.onConnect { _ async throws in throw Refused() } }
            } else {
                app.get("/throws") { _, _ in throw Refused() }
                app.websocket("/chat") { $0.onConnect { _ in throw Refused() } }
            }
        }
        let client = try TestHTTP(stage.host)
        for _ in 0..<3 {
            let answer = try await client.request("GET", "/throws")
            #expect(answer.status == 500)
            #expect(!answer.text.contains("Refused"))
        }
        let refusal = await #expect(throws: TestRefusal.self) { try await stage.client() }
        #expect(refusal?.response.status == 500)
    }

    @Test func `D8 a callback that hangs holds up its own connection, and no other`() async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onMessage { event async in
                    guard event.data == "hang" else { return }
                    await gate.pass()
                }
            }
            app.get("/hangs") { _, response in
                await gate.pass()
                response.text("late")
            }
        }
        let (hung, other) = (try await stage.client(), try await stage.client())
        hung.send("hang")
        hung.send("waits")
        let http = try TestHTTP(stage.host)
        http.send("GET /hangs HTTP/1.1\r\nHost: a\r\n\r\n")
        await stage.host.advance(by: .seconds(20))
        for _ in 0..<20 {
            other.send("served")
            try await other.next("message_ack")
        }
        #expect(await hung.socket.all().allSatisfy { !"\($0)".contains("message_ack") })
        #expect(http.peer.availableCount == 0)
        gate.open()
        try await hung.next("message_ack")
        try await hung.next("message_ack")
        #expect(try await http.response().text == "late")
    }
}
