import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("What one connection, or one room, may have of a turn")
struct ShareTests {
    @Test(arguments: [9, 10, 11, 100])
    func `C13 messageBytesPerTurnMax: what a turn takes of a connection's messages is bounded`(
        count: Int
    ) async throws {
        let served = Journal()
        let stage = try await Stage.make {
            $0.messageBytesPerTurnMax = 1_000
        } _: { app in
            app.websocket(raw: "/raw") { $0.onMessage { _, _, _ in served.note("x") } }
        }
        let hot = try await TestWebSocket.open(stage.host, "/raw")
        for _ in 0..<count { hot.send([UInt8](repeating: 1, count: 100)) }
        stage.host.turn()
        #expect(served.all.count == min(count, 10))
        await stage.host.settle()
        #expect(served.all.count == count)
    }

    @Test(arguments: [999, 1_000, 1_001, 10_000], ["/raw", "/chat"])
    func `gatheredBytesMax: a room's messages wait for the end of the turn up to the limit`(
        bytes: Int, path: String
    ) async throws {
        let stage = try await Stage.make {
            $0.gatheredBytesMax = 1_000
        } _: { app in
            if path == "/raw" {
                app.websocket(raw: "/raw") { _ in }
            } else {
                app.websocket("/chat") { _ in }
            }
        }
        let room = try await stage.room()
        let member = try await TestWebSocket.open(stage.host, path + "?clientId=ada")
        let app = stage.app
        let joins = try await stage.host.run {
            var member: MemberID?
            app.core?.directory.forEachConnection(of: "ada") { member = $0.member }
            let id = try #require(member)
            return await app.joinRoom(id.description, room)
        }
        #expect(joins)
        _ = await member.all()
        // Frames of 250 bytes, the last of what is left; each has a head of four.
        let loop = try #require(app.core?.loops.first)
        let joined = try #require(RoomID(room).flatMap { loop.rooms.room($0) })
        var left = bytes
        while left > 0 {
            #expect(member.peer.availableCount == 0 || bytes - left > 1_000)
            let frame = left < 500 ? left : 250
            let payload = [UInt8](repeating: 7, count: frame - 4)
            loop.publish(payload.span, .binary, to: joined)
            left -= frame
        }
        #expect((member.peer.availableCount > 0) == (bytes > 1_000))
        await stage.host.settle()
        #expect(member.peer.availableCount == bytes)
    }

    @Test(arguments: [2, 3, 4, 30])
    func `lookUpsMax: so many messages wait for their rooms, and more are refused`(count: Int)
        async throws
    {
        let journal = Journal()
        let stage = try await Stage.make {
            $0.lookUpsMax = 3
            $0.metrics = true
        } _: { app in
            app.websocket("/chat") { route in
                route.onMessage { event in
                    // One after another, before the registry can answer.
                    for number in 0..<count {
                        let isTaken = event.connection.publish("\(number)", to: event.data ?? "")
                        journal.note("\(isTaken)")
                    }
                }
            }
        }
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada")
        for round in 1...2 {
            ada.send(room)
            try await ada.next("message_ack")
            await stage.host.settle()
            #expect(journal.all.count { $0 == "true" } == round * min(count, 3))
        }
        let refused = try await stage.metric(
            #"rnode_server_limit_breaches_total{limit="look_ups_max"}"#)
        #expect(refused == 2 * max(count - 3, 0))
        let app = stage.app
        let info = try await stage.host.run { await app.getRoomInfo(room) }
        #expect(info?.messagesCount == 2 * min(count, 3))
    }
}
