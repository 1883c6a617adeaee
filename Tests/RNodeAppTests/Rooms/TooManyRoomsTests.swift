import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("A client that joins more rooms than it may")
struct TooManyRoomsTests {
    private static let limit = 3

    private func stage(_ journal: Journal) async throws -> (Stage, [String]) {
        let stage = try await Stage.make {
            $0.rooms.roomsPerConnectionMax = Self.limit
        } _: { app in
            app.websocket("/chat") { route in
                route.onError { journal.note("\($0.error ?? "") \($0.closeCode ?? 0)") }
            }
        }
        var rooms: [String] = []
        for number in 0...Self.limit { rooms.append(try await stage.room("room\(number)")) }
        return (stage, rooms)
    }

    private func ask(_ client: Client, _ room: String) {
        client.send(#"{"type":"join_room","room_id":"\#(room)"}"#)
    }

    @Test(
        "So many joins in a row are refused by an error, and the next ends the connection by 1008",
        arguments: [2, 3, 4, 30])
    func refusals(_ count: Int) async throws {
        let journal = Journal()
        let (stage, rooms) = try await stage(journal)
        let ada = try await stage.client(id: "ada")
        for room in rooms.prefix(Self.limit) { try await ada.join(room) }
        for _ in 0..<count { ask(ada, rooms[Self.limit]) }
        for _ in 0..<min(count, Self.limit + 1) {
            #expect(try await ada.next("error")["error_type"] == "too_many_rooms")
        }
        let rest = await ada.socket.all()
        let isClosed = count > Self.limit
        #expect(rest == (isClosed ? [.close(.policyViolation, "too many rooms")] : []))
        #expect(journal.all == (isClosed ? ["too many rooms 1008"] : []))
    }

    @Test("A join or leave that goes well begins the count anew; a message does not")
    func success() async throws {
        let (stage, rooms) = try await stage(Journal())
        let ada = try await stage.client(id: "ada")
        for room in rooms.prefix(Self.limit) { try await ada.join(room) }
        for _ in 0..<10 {
            for _ in 0..<Self.limit {
                ask(ada, rooms[Self.limit])
                try await ada.next("error")
            }
            ada.send(#"{"type":"leave_room","room_id":"\#(rooms[0])"}"#)
            try await ada.next("room_left")
            try await ada.join(rooms[0])
        }
        for _ in 0..<Self.limit {
            ask(ada, rooms[Self.limit])
            try await ada.next("error")
            ada.send("hello")
            try await ada.next("message_ack")
        }
        ask(ada, rooms[Self.limit])
        try await ada.next("error")
        #expect(await ada.socket.all() == [.close(.policyViolation, "too many rooms")])
    }

    @Test("Joins that the server's code asks for never end a connection")
    func serverJoins() async throws {
        let (stage, rooms) = try await stage(Journal())
        let ada = try await stage.client(id: "ada")
        for room in rooms.prefix(Self.limit) { try await ada.join(room) }
        let app = stage.app
        guard case .string(let id) = ada.welcome["connection_id"] else {
            Issue.record("no id")
            return
        }
        for _ in 0..<30 {
            let isIn = try await stage.host.run { await app.joinRoom(id, rooms[Self.limit]) }
            #expect(!isIn)
        }
        #expect(await ada.socket.all() == [])
    }
}
