import RNodeApp
import RNodeBytes
import RNodeIO
import RNodeTesting
import Testing

@Suite("What is delivered, to whom, and when no more")
struct DeliveryTests {
    @Test func `nothing is delivered after a close frame`() async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let app = stage.app
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        let bob = try await stage.client(id: "bob")
        try await ada.join(room)
        try await bob.join(room)
        guard case .string(let id) = ada.welcome["connection_id"] else { return }
        // Ada reads nothing yet: her close handshake stays open.
        #expect(try await stage.host.run { await app.disconnect(id, reason: "enough") })
        bob.send(#"{"type":"room_message","room_id":"\#(room)","message":"late"}"#)
        try await bob.next("room_message")
        try await stage.host.run { await app.broadcast(path: "/chat", "late") }
        #expect(await ada.socket.all() == [.close(.normal, "enough")])
    }

    @Test func `what was published before a close goes out before it`() async throws {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onMessage { event in
                    event.connection.publish("last words", to: event.data ?? "")
                    event.connection.close(code: .goingAway)
                }
            }
        }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        try await ada.join(room)
        ada.send(room)
        #expect(try await ada.next("room_message")["message"] == "last words")
        #expect(try await ada.socket.next() == .close(.goingAway, ""))
    }

    @Test func `a large message of another node reaches each member once, on every loop`()
        async throws
    {
        let broker = OtherNode()
        let stage = try await Stage.make(loops: 3) {
            $0.broker = broker
            $0.io.outputHardCapBytes = 4 << 20
        } _: { app in
            app.websocket("/chat") { $0.outputHardCapBytes = 4 << 20 }
        }
        let room = try await stage.room()
        let clients = [
            try await stage.client(loop: 0), try await stage.client(loop: 1),
            try await stage.client(loop: 2),
        ]
        for client in clients { try await client.join(room) }
        let big = "\"" + String(repeating: "b", count: 300_000) + "\""
        broker.publish(big, to: try #require(RoomID(room)))
        await stage.host.settle()
        for client in clients {
            #expect(try await client.next("room_message")["room_id"] == .string(room))
            #expect(await client.socket.all() == [])
        }
    }

    @Test func `a message of another node is counted once, however many loops deliver it`()
        async throws
    {
        let broker = OtherNode()
        let stage = try await Stage.make(loops: 3) {
            $0.broker = broker
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let app = stage.app
        let room = try await stage.room()
        let clients = [
            try await stage.client(loop: 0), try await stage.client(loop: 1),
            try await stage.client(loop: 2),
        ]
        for client in clients { try await client.join(room) }
        broker.publish(#""hi""#, to: try #require(RoomID(room)))
        broker.publish("[1]", to: try #require(RoomID(room)))
        for client in clients {
            #expect(try await client.next("room_message")["message"] == "hi")
            #expect(try await client.next("room_message")["message"] == .array([1]))
        }
        let info = try await stage.host.run { await app.getRoomInfo(room) }
        #expect(info?.messagesCount == 2)
    }

    @Test(arguments: [3, 4, 5, 40])
    func `a message of another node that finds a loop's mailbox full is counted`(count: Int)
        async throws
    {
        var io = IOLimits()
        io.mailboxItemsMax = 4
        let broker = OtherNode()
        let stage = try await Stage.make(io: io) {
            $0.broker = broker
            $0.metrics = true
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let room = try await stage.room()
        let ada = try await stage.client()
        try await ada.join(room)
        // Between two turns: nobody empties the mailbox.
        for _ in 0..<count { broker.publish(#""hi""#, to: try #require(RoomID(room))) }
        #expect(await ada.socket.all().count == min(count, 4))
        let counted = try await stage.metric(
            #"rnode_server_limit_breaches_total{limit="mailbox_items_max"}"#)
        #expect(counted == max(count - 4, 0))
    }

    @Test func `members are announced in rooms up to the limit only`() async throws {
        let stage = try await Stage.make {
            $0.rooms.announcedMembersMax = 2
        } _: { app in
            app.websocket("/chat") { $0.announceMembers = true }
        }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        let bob = try await stage.client(id: "bob")
        let eve = try await stage.client(id: "eve")
        try await ada.join(room)
        try await bob.join(room)
        #expect(try await ada.next("member_joined")["client_id"] == "bob")
        #expect(try await eve.join(room)["members"] == nil)
        eve.send(#"{"type":"leave_room","room_id":"\#(room)"}"#)
        try await eve.next("room_left")
        #expect(await ada.socket.all() == [], "eve was the third: she came and went unheard")
        bob.socket.peer.reset()
        #expect(try await ada.next("member_left")["client_id"] == "bob")
    }

    @Test func `a JSON ping comes though nothing else does`() async throws {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.jsonPingInterval = .seconds(5) }
        }
        let ada = try await stage.client(id: "ada")
        await stage.host.advance(by: .seconds(6))
        try await ada.next("ping")
        await stage.host.advance(by: .seconds(6))
        #expect(await ada.socket.all() == [], "none while one is unanswered")
        ada.send(#"{"type":"pong"}"#)
        #expect(try await ada.next("pong")["latency"] == 7_000)
        await stage.host.advance(by: .seconds(6))
        try await ada.next("ping")
    }
}

/// Another node's side of a broker: what it publishes arrives here.
private final class OtherNode: RoomBroker {
    private let delivery = Guarded<(any RoomDelivery)?>(nil)

    var reachesOtherNodes: Bool { true }

    func start(delivering delivery: any RoomDelivery) async throws {
        self.delivery.withLock { $0 = delivery }
    }

    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool { true }

    func stop() async { delivery.withLock { $0 = nil } }

    /// Publishes a JSON value from there: version 1, no sender.
    func publish(_ json: String, to room: RoomID) {
        let payload = [1, 0] + Array(json.utf8)
        delivery.withLock { $0 }?.deliver(payload.span, to: room)
    }
}
