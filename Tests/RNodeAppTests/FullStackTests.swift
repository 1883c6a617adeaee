import RNodeApp
import RNodeTesting
import Testing

@Suite("The whole stack, from bytes to callbacks")
struct FullStackTests {
    @Test(arguments: [false, true])
    func `a conversation runs every event in order`(isAsync: Bool) async throws {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { journal.record(on: &$0, asynchronously: isAsync) }
        }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        #expect(ada.welcome["client_id"] == "ada")
        ada.send("hello")
        #expect(try await ada.next("message_ack")["message"] == "hello")
        let joined = try await ada.join(room)
        #expect(joined["members_count"] == 1)
        ada.send(#"{"type":"room_message","room_id":"\#(room)","message":"to all","id":"1"}"#)
        var kinds: Set<JSON> = []
        for _ in 0..<2 {
            let text = try await ada.socket.nextText()
            kinds.insert(text.contains("room_message") ? "room_message" : "message_ack")
        }
        #expect(kinds == ["room_message", "message_ack"])
        ada.send(#"{"type":"direct_message","target_client_id":"ada","message":"psst"}"#)
        #expect(try await ada.next("direct_message")["from_client_id"] == "ada")
        ada.send(#"{"type":"ping","id":"p"}"#)
        #expect(try await ada.next("pong")["id"] == "p")
        ada.send(#"{"type":"pong"}"#)
        #expect(try await ada.next("pong")["latency"] == 0)
        ada.send(#"{"type":"message_ack","id":"x"}"#)
        ada.socket.send([1, 2, 3])
        ada.socket.ping([9])
        #expect(try await ada.socket.next() == .pong([9]))
        ada.send(#"{"type":"leave_room","room_id":"\#(room)"}"#)
        try await ada.next("room_left")
        ada.socket.close(.normal, reason: "done")
        #expect(try await ada.socket.next() == .close(.normal, ""))
        await stage.host.settle()
        #expect(
            journal.all == [
                "onConnect", "onWelcome", "onMessage", "onJoinRoom", "onMessage", "onRoomMessage",
                "onMessage", "onDirectMessage", "onPing", "onPong", "onMessageAck",
                "onBinaryMessage", "onPing", "onLeaveRoom", "onClose",
            ])
    }

    @Test(arguments: [StreamShape.byteByByte, StreamShape(), StreamShape(receiveMaxBytes: 7)])
    func `the stream's shape changes nothing`(shape: StreamShape) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada", shape: shape)
        try await ada.join(room)
        let long = String(repeating: "ü", count: 700)
        ada.send(#"{"type":"room_message","room_id":"\#(room)","message":"\#(long)"}"#)
        #expect(try await ada.next("room_message")["message"] == .string(long))
    }

    @Test func `members of a room are on both loops`() async throws {
        let stage = try await Stage.make(loops: 2) { $0.websocket("/chat") { _ in } }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada", loop: 0)
        let bob = try await stage.client(id: "bob", loop: 1)
        try await ada.join(room)
        #expect(try await bob.join(room)["members_count"] == 2)
        ada.send(#"{"type":"room_message","room_id":"\#(room)","message":{"a":[1,2]}}"#)
        for client in [ada, bob] {
            let message = try await client.next("room_message")
            #expect(message["message"] == .object(["a": .array([1, 2])]))
            #expect(message["from_client_id"] == "ada")
        }
        bob.send(#"{"type":"direct_message","target_client_id":"ada","message":"hi"}"#)
        #expect(try await ada.next("direct_message")["message"] == "hi")
    }

    @Test func `of many racing joins exactly as many succeed as there are seats`() async throws {
        let stage = try await Stage.make(loops: 2) { $0.websocket("/chat") { _ in } }
        let room = try await stage.room(max: 5)
        var clients: [Client] = []
        for number in 0..<20 {
            clients.append(try await stage.client(id: "c\(number)", loop: number % 2))
        }
        for client in clients { client.send(#"{"type":"join_room","room_id":"\#(room)"}"#) }
        var admitted = 0
        for client in clients {
            let text = try await client.socket.nextText()
            if text.contains("room_joined") {
                admitted += 1
            } else {
                #expect(text.contains("room_full"))
            }
        }
        #expect(admitted == 5)
    }

    @Test func `a server that is not read is paused, and nothing is lost`() async throws {
        let stage = try await Stage.make { app in
            app.websocket(raw: "/echo") { $0.onMessage { $2.send($0, $1) } }
        }
        let shape = StreamShape(windowBytes: 1_000)
        let socket = try await TestWebSocket.open(stage.host, "/echo", shape: shape)
        let message = [UInt8](repeating: 7, count: 10_000)
        for _ in 0..<50 { socket.send(message) }
        for _ in 0..<50 { #expect(try await socket.next() == .binary(message)) }
    }

    @Test func `an answer that a turn's two sends take to its end leaves the connection read`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.websocket(raw: "/echo") { $0.onMessage { $2.send($0, $1) } }
        }
        // The first send leaves more than the soft mark, the second nothing.
        let shape = StreamShape(sendMaxBytes: 80_000)
        let socket = try await TestWebSocket.open(stage.host, "/echo", shape: shape)
        let message = [UInt8](repeating: 7, count: 150_000)
        for round in 0..<3 as Range<UInt8> {
            socket.send(message)
            #expect(try await socket.next() == .binary(message))
            socket.ping([round])
            #expect(try await socket.next() == .pong([round]))
        }
    }
}
