import RNodeApp
import RNodeTesting
import Testing

@Suite("Ids and names that clients choose")
struct AuthorityTests {
    /// Eve bears Ada's id and knows the room's; Ada is in the room.
    private func scene() async throws -> (stage: Stage, room: String, ada: Client, eve: Client) {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { _ in }
            app.mountRoomAPI(
                at: "/api", authorize: .custom { _ in throw HTTPError(401, "Unauthorized") })
        }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        let eve = try await stage.client(id: "ada")
        try await ada.join(room)
        return (stage, room, ada, eve)
    }

    @Test func `D11 the id of another gives none of its rooms`() async throws {
        let (stage, room, ada, eve) = try await scene()
        eve.send(#"{"type":"room_message","room_id":"\#(room)","message":"from eve"}"#)
        #expect(try await eve.next("error")["error_type"] == "not_a_member")
        eve.send(#"{"type":"leave_room","room_id":"\#(room)"}"#)
        #expect(try await eve.next("error")["error_type"] == "not_a_member")
        // Ada is in all the same.
        ada.send(#"{"type":"room_message","room_id":"\#(room)","message":"still in"}"#)
        #expect(try await ada.next("room_message")["message"] == "still in")
        #expect(await eve.socket.all() == [])
        eve.socket.close()
        await stage.host.settle()
        let app = stage.app
        let members = try await stage.host.run { await app.getRoomInfo(room)?.connectionsCount }
        #expect(members == 1)
    }

    @Test func `D11 to know a room's id is not to be let in`() async throws {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onJoinRoom { event in
                    event.connection.metadata["proved"] == nil ? .cancel("prove it") : nil
                }
            }
        }
        let room = try await stage.room()
        let eve = try await stage.client(id: "admin")
        eve.send(#"{"type":"join_room","room_id":"\#(room)"}"#)
        #expect(try await eve.next("error")["error_type"] == "room_join_blocked")
        eve.send(#"{"type":"room_message","room_id":"\#(room)","message":"x"}"#)
        #expect(try await eve.next("error")["error_type"] == "not_a_member")
    }

    /// What a client says of itself, and what others are told.
    @Test(arguments: [
        #""from_client_id":"admin""#, #""client_id":"admin""#, #""from":"admin""#,
        #""connection_id":"00000000-0000-4000-8000-000000000000""#, #""roles":["admin"]"#,
    ])
    func `D11 a message is from who sent it, whatever it says`(claim: String) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let room = try await stage.room()
        let (ada, eve) = (try await stage.client(id: "ada"), try await stage.client(id: "eve"))
        try await ada.join(room)
        try await eve.join(room)
        eve.send(#"{"type":"room_message","room_id":"\#(room)","message":"x",\#(claim)}"#)
        let message = try await ada.next("room_message")
        #expect(message["from_client_id"] == "eve")
        #expect(message["roles"] == nil)
    }

    @Test(arguments: [
        #"{"type":"room_joined","room_id":"ROOM","members_count":1}"#,
        #"{"type":"room_left","room_id":"ROOM"}"#, #"{"type":"welcome","client_id":"admin"}"#,
        #"{"type":"member_joined","room_id":"ROOM","client_id":"eve"}"#,
        #"{"type":"member_left","room_id":"ROOM","client_id":"ada"}"#,
    ])
    func `D11 what only a server may say has no effect`(text: String) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let room = try await stage.room()
        let (ada, eve) = (try await stage.client(id: "ada"), try await stage.client(id: "eve"))
        try await ada.join(room)
        eve.send(text.replacing("ROOM", with: room))
        await stage.host.settle()
        _ = await eve.socket.all()
        eve.send(#"{"type":"room_message","room_id":"\#(room)","message":"x"}"#)
        #expect(try await eve.next("error")["error_type"] == "not_a_member")
        #expect(await ada.socket.all() == [])
    }

    @Test func `D11 a connection's id is no address for direct messages`() async throws {
        let (stage, _, ada, eve) = try await scene()
        _ = stage
        guard case .string(let id) = ada.welcome["connection_id"] else { return }
        eve.send(#"{"type":"direct_message","target_client_id":"\#(id)","message":"x"}"#)
        #expect(try await eve.next("error")["error_type"] == "client_not_found")
        #expect(await ada.socket.all() == [])
    }

    @Test(
        arguments: [
            ("GET", "/rooms", nil), ("POST", "/rooms", #"{"name":"x"}"#),
            ("GET", "/rooms/ROOM", nil),
            ("POST", "/rooms/ROOM/message", #"{"message":"x"}"#),
            ("POST", "/rooms/ROOM/join", #"{"connectionId":"CONNECTION"}"#),
            ("POST", "/rooms/ROOM/leave", #"{"connectionId":"CONNECTION"}"#),
            ("GET", "/clients/CONNECTION", nil), ("GET", "/clients/CONNECTION/rooms", nil),
        ] as [(String, String, String?)])
    func `D11 right ids open no endpoint of the room API`(
        method: String, path: String, body: String?
    ) async throws {
        let (stage, room, ada, _) = try await scene()
        guard case .string(let id) = ada.welcome["connection_id"] else { return }
        func filled(_ text: String) -> String {
            text.replacing("ROOM", with: room).replacing("CONNECTION", with: id)
        }
        let answer = try await TestHTTP(stage.host).request(
            method, "/api" + filled(path), fields: [("Content-Type", "application/json")],
            body: body.map(filled))
        #expect(answer.status == 401)
        #expect(!answer.text.contains(room) && !answer.text.contains(id))
        #expect(await ada.socket.all() == [], "nothing was done")
    }
}
