import RNodeIO
import RNodeRooms
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("What is published in a turn is one send for each member")
struct GatheringTests {
    /// Some rooms, and members of them on loops of their choice.
    private struct Hall {
        let stage: Stage
        var rooms: [Room] = []

        init(loops: Int, compression: DeflateOptions? = nil, io: IOLimits = IOLimits())
            async throws
        {
            stage = try await Stage.make(loops: loops, io: io) { app in
                app.websocket(raw: "/raw") { route in
                    route.compression = compression
                    route.onMessage { bytes, _, context in
                        context.join(String(copying: try UTF8Span(validating: bytes)))
                    }
                }
            }
        }

        mutating func room(_ members: [TestWebSocket]) async throws {
            let id = try await stage.room("room \(rooms.count)")
            for member in members { member.send(id) }
            await stage.host.settle()
            let found = loops.compactMap { loop in RoomID(id).flatMap { loop.rooms.room($0) } }
            rooms.append(try #require(found.first))
        }

        func member(on loop: Int = 0, compression: DeflateOptions? = nil) async throws
            -> TestWebSocket
        {
            try await TestWebSocket.open(stage.host, "/raw", loop: loop, compression: compression)
        }

        var loops: [AppLoop] { stage.app.core?.loops ?? [] }

        func publish(_ text: String, to room: Int, from loop: Int = 0, compress: Bool = true) {
            loops[loop].publish(text.utf8Span.span, .text, compress: compress, to: rooms[room])
        }

        /// Runs one turn of a loop.
        func turn(_ loop: Int = 0) { stage.host.loops[loop].turn(waits: false) }
    }

    @Test func `messages of two rooms are one send for a member of both`() async throws {
        var hall = try await Hall(loops: 1)
        let (both, first, second) = (
            try await hall.member(), try await hall.member(), try await hall.member()
        )
        try await hall.room([both, first])
        try await hall.room([second, both])
        let before = [both, first, second].map(\.peer.transport.sendCount)
        hall.publish("one", to: 0)
        hall.publish("two", to: 1)
        hall.publish("three", to: 0)
        hall.turn()
        let after = [both, first, second].map(\.peer.transport.sendCount)
        #expect(zip(after, before).map { $0 - $1 } == [1, 1, 1])
        #expect(await both.all() == ["one", "three", "two"].map { .text($0) })
        #expect(await first.all() == ["one", "three"].map { .text($0) })
        #expect(await second.all() == [.text("two")])
    }

    @Test(arguments: [1, 3, 40])
    func `what other loops published is one send, in the order in which it came`(count: Int)
        async throws
    {
        var hall = try await Hall(loops: 3)
        let members = [try await hall.member(on: 0), try await hall.member(on: 1)]
        try await hall.room(members)
        let before = members[0].peer.transport.sendCount
        for number in 0..<count {
            hall.publish("\(number)", to: 0, from: 1 + number % 2)
            // Each on its way by itself.
            hall.turn(1)
            hall.turn(2)
        }
        hall.publish("own", to: 0)
        hall.turn()
        #expect(members[0].peer.transport.sendCount == before + 1)
        let texts = ["own"] + (0..<count).map { "\($0)" }
        #expect(await members[0].all() == texts.map { .text($0) })
        await hall.stage.host.settle()
        // A loop's own messages and those of others are not in one order everywhere; each comes once.
        let others = await members[1].all()
        #expect(others.count == count + 1)
        #expect(Set(others) == Set(texts.map { .text($0) }))
    }

    @Test(arguments: [false, true])
    func `compressed or not, here or there, each comes once, as it was published`(takeover: Bool)
        async throws
    {
        var options = DeflateOptions()
        options.minimumBytes = 10
        options.serverKeepsContext = takeover
        var hall = try await Hall(loops: 2, compression: options)
        var members: [TestWebSocket] = []
        for number in 0..<8 {
            members.append(
                try await hall.member(on: number % 2, compression: number % 4 < 2 ? options : nil))
        }
        try await hall.room(members)
        try await hall.room(members)
        var expected: Set<TestMessage> = []
        var before = members.map(\.peer.transport.sendCount)
        for round in 0..<50 {
            for step in 0...round % 7 {
                // Of every kind, by chance.
                let chance = (round &* 31 &+ step &* 17) % 16
                let text =
                    "\(round), \(step): "
                    + String(repeating: "again and ", count: chance % 5)
                expected.insert(.text(text))
                hall.publish(
                    text, to: chance & 1, from: chance >> 1 & 1, compress: chance & 12 != 0)
                if chance % 3 == 0 { hall.turn(1) }
            }
            hall.turn(1)
            hall.turn()
            hall.turn(1)
            let after = members.map(\.peer.transport.sendCount)
            // One at most for a turn.
            for (number, (now, then)) in zip(after, before).enumerated() where number % 2 == 0 {
                #expect(now - then <= 1)
            }
            before = after
        }
        await hall.stage.host.settle()
        for member in members {
            let found = await member.all()
            #expect(found.count == expected.count)
            #expect(Set(found) == expected)
        }
    }

    @Test func `what others deflated is not deflated again, whatever it came with`() async throws {
        let options = DeflateOptions()
        var hall = try await Hall(loops: 2, compression: options)
        let members = [
            try await hall.member(on: 0, compression: options),
            try await hall.member(on: 1, compression: options),
        ]
        try await hall.room(members)
        let texts = (0..<5).map { number in
            "\(number): " + String(repeating: "more of the same, ", count: 50)
        }
        for text in texts[..<4] {
            hall.publish(text, to: 0, from: 1)
            hall.turn(1)
        }
        hall.publish(texts[4], to: 0)
        await hall.stage.host.settle()
        #expect(hall.loops.map(\.deflateStreams.sharedMessageCount) == [1, 5])
        #expect(await members[0].all() == (texts[4...] + texts[..<4]).map { .text($0) })
        #expect(await members[1].all() == texts.map { .text($0) })
    }

    @Test func `messages to a room of another loop's members go there at once, however many`()
        async throws
    {
        var io = IOLimits()
        io.mailboxItemsMax = 1
        var hall = try await Hall(loops: 2, io: io)
        let member = try await hall.member(on: 1)
        try await hall.room([member])
        try await hall.room([member])
        for round in 0..<3 {
            for number in 0..<10 { hall.publish("\(round), \(number)", to: 0) }
            hall.turn()
            hall.turn(1)
        }
        let texts = (0..<3).flatMap { round in (0..<10).map { "\(round), \($0)" } }
        #expect(await member.all() == texts.map { .text($0) })
        // Whoever joins is given what comes from then on.
        hall.publish("before", to: 0)
        let late = try await hall.member()
        late.send(hall.rooms[0].id.description)
        await hall.stage.host.settle()
        hall.publish("after", to: 0)
        await hall.stage.host.settle()
        #expect(await late.all() == [.text("after")])
        #expect(await member.all() == ["before", "after"].map { .text($0) })
    }

    @Test func `what is gathered for a slow member waits for it, and comes in order`() async throws
    {
        var hall = try await Hall(loops: 1)
        let member = try await hall.member()
        try await hall.room([member])
        try await hall.room([member])
        member.peer.shape.windowBytes = 5
        for number in 0..<9 {
            hall.publish("a\(number)", to: number % 2)
            hall.turn()
        }
        member.peer.shape.windowBytes = .max
        #expect(await member.all() == (0..<9).map { .text("a\($0)") })
    }
}
