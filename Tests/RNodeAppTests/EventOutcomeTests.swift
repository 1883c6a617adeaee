import FoundationEssentials
import RNodeApp
import RNodeTesting
import Testing

@Suite("What a callback's result does to its event")
struct EventOutcomeTests {
    private func stage(
        _ isAsync: Bool, _ journal: Journal = Journal(),
        _ decide: @escaping @Sendable (WebSocketEvent) throws -> WebSocketEventResult?
    ) async throws -> Stage {
        try await Stage.make { app in
            app.websocket("/chat") { journal.record(on: &$0, asynchronously: isAsync, decide) }
        }
    }

    @Test(arguments: [false, true])
    func `a cancelled connect is answered 403`(isAsync: Bool) async throws {
        let stage = try await stage(isAsync) { $0 == .onConnect ? .cancel("not you") : nil }
        let refusal = await #expect(throws: TestRefusal.self) { try await stage.client() }
        #expect(refusal?.response.status == 403)
        #expect(refusal?.response.text == #"{"success":false,"error":"not you"}"#)
    }

    @Test(arguments: [false, true])
    func `a connect that throws is answered 500, without its reason`(isAsync: Bool) async throws {
        let stage = try await stage(isAsync) {
            if $0 == .onConnect { throw Refused() }
            return nil
        }
        let refusal = await #expect(throws: TestRefusal.self) { try await stage.client() }
        #expect(refusal?.response.status == 500)
        #expect(refusal?.response.text.contains("Refused") == false)
    }

    @Test(arguments: [false, true])
    func `a connect may change the client's id`(isAsync: Bool) async throws {
        let stage = try await stage(isAsync) { event in
            event == .onConnect ? .modify { $0.clientId = "renamed" } : nil
        }
        #expect(try await stage.client(id: "ada").welcome["client_id"] == "renamed")
    }

    @Test(arguments: [false, true])
    func `a welcome may have every field changed, and others added`(isAsync: Bool) async throws {
        let names = ["type", "connection_id", "client_id", "path", "timestamp", "motd"]
        let stage = try await stage(isAsync) { event in
            guard event == .onWelcome else { return nil }
            return .modify { change in
                for name in names { change.fields[name] = "\(name) of mine" }
            }
        }
        let socket = try await TestWebSocket.open(stage.host, "/chat?clientId=ada")
        let text = try await socket.nextText()
        let welcome = try JSONDecoder().decode([String: JSON].self, from: Data(text.utf8))
        for name in names { #expect(welcome[name] == .string("\(name) of mine")) }
        #expect(welcome.count == names.count)
        // Only the message is changed, not who the client is.
        #expect(stage.app.getWebSocketConnections() == 1)
        socket.send(#"{"type":"direct_message","target_client_id":"ada","message":"hi"}"#)
        #expect(try await socket.nextText().contains(#""from_client_id":"ada""#))
    }

    @Test(arguments: [false, true])
    func `a cancelled message is blocked, with its reason`(isAsync: Bool) async throws {
        let stage = try await stage(isAsync) { $0 == .onMessage ? .cancel("no") : nil }
        let ada = try await stage.client()
        ada.send("hello")
        let blocked = try await ada.next("message_blocked")
        #expect(blocked["originalMessage"] == "hello")
        #expect(blocked["reason"] == "no")
        #expect(blocked["code"] == "blocked_by_handler")
    }

    @Test(arguments: [false, true])
    func `a message whose callback throws is blocked, and the connection stays`(
        isAsync: Bool
    ) async throws {
        let journal = Journal()
        let stage = try await stage(isAsync, journal) {
            if $0 == .onMessage { throw Refused() }
            return nil
        }
        let ada = try await stage.client()
        ada.send("hello")
        #expect(try await ada.next("message_blocked")["code"] == "handler_failed")
        ada.send(#"{"type":"ping"}"#)
        try await ada.next("pong")
        #expect(journal.all.contains("onServerError"))
    }

    @Test(arguments: [false, true])
    func `a modified message goes on modified`(isAsync: Bool) async throws {
        let stage = try await stage(isAsync) { event in
            event == .onMessage ? .modify { $0.data = "changed" } : nil
        }
        let ada = try await stage.client()
        ada.send("hello")
        #expect(try await ada.next("message_ack")["message"] == "changed")
    }

    @Test(arguments: [false, true])
    func `a cancelled join gives its seat back`(isAsync: Bool) async throws {
        let journal = Journal()
        let stage = try await stage(isAsync, journal) { event in
            let joins = journal.all.count { $0 == "onJoinRoom" }
            return event == .onJoinRoom && joins == 1 ? .cancel("later") : nil
        }
        let room = try await stage.room(max: 1)
        let ada = try await stage.client(id: "ada")
        ada.send(#"{"type":"join_room","room_id":"\#(room)","id":"7"}"#)
        let error = try await ada.next("error")
        #expect(error["error_type"] == "room_join_blocked")
        #expect(error["id"] == "7")
        try await stage.client(id: "bob").join(room)
    }

    @Test(arguments: [false, true])
    func `a room message may be changed or blocked before delivery`(isAsync: Bool) async throws {
        let journal = Journal()
        let stage = try await stage(isAsync, journal) { event in
            guard event == .onRoomMessage else { return nil }
            let count = journal.all.count { $0 == "onRoomMessage" }
            return count == 1 ? .modify { $0.message = "changed" } : .cancel("enough")
        }
        let room = try await stage.room()
        let ada = try await stage.client()
        try await ada.join(room)
        let text = #"{"type":"room_message","room_id":"\#(room)","message":"x"}"#
        ada.send(text)
        #expect(try await ada.next("room_message")["message"] == "changed")
        ada.send(text)
        #expect(try await ada.next("message_blocked")["room_id"] == .string(room))
    }

    @Test func `an event without callback, or switched off, runs nothing`() async throws {
        let journal = Journal()
        let stage = try await stage(false, journal) { _ in nil }
        #expect(stage.app.setEnabledEvents("/chat", [EventMask(.onClose)]))
        let ada = try await stage.client()
        ada.send("hello")
        try await ada.next("message_ack")
        #expect(journal.all.isEmpty)
        let explained = try #require(stage.app.explain("/chat"))
        let message = try #require(explained.events.first { $0.event == .onMessage })
        #expect(message.isDefined && !message.isEnabled && message.skipped == 1 && message.ran == 0)
    }

    @Test func `D8 a raw closure that throws costs that event, and the connection stays`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.websocket(raw: "/echo") { route in
                route.onOpen { _ in throw Refused() }
                route.onMessage { bytes, kind, context in
                    if kind == .text { throw Refused() }
                    context.send(bytes, kind)
                }
                route.onClose { _, _ in throw Refused() }
            }
        }
        let socket = try await TestWebSocket.open(stage.host, "/echo")
        socket.send("throws")
        socket.send([1, 2])
        #expect(try await socket.next() == .binary([1, 2]))
        socket.close()
        #expect(try await socket.next() == .close(.normal, ""))
        #expect(stage.app.getWebSocketConnections() == 0)
    }

    @Test func `a join inside an async callback runs nested, and does not wait for it`()
        async throws
    {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onMessage { event async throws in
                    journal.note("begin")
                    try await event.connection.join(event.data ?? "")
                    journal.note("end")
                }
                route.onJoinRoom { _ async in journal.note("join") }
            }
        }
        let room = try await stage.room()
        let ada = try await stage.client()
        ada.send(room)
        try await ada.next("room_joined")
        try await ada.next("message_ack")
        #expect(journal.all == ["begin", "join", "end"])
    }

    @Test func `the server's own join inside the connection's callback does not deadlock`()
        async throws
    {
        let journal = Journal()
        let app = Box()
        let stage = try await Stage.make { made in
            app.value = made
            made.websocket("/chat") { route in
                route.onMessage { event async in
                    let isIn = await app.value?.joinRoom(event.connectionId, event.data ?? "")
                    journal.note("\(isIn ?? false)")
                }
            }
        }
        let room = try await stage.room()
        let ada = try await stage.client()
        ada.send(room)
        try await ada.next("room_joined")
        try await ada.next("message_ack")
        #expect(journal.all == ["true"])
    }
}

/// Something set once before it is used.
final class Box: @unchecked Sendable {
    // @unchecked: written while routes are registered, before any loop runs.
    var value: App?
}
