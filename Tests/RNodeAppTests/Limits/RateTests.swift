import RNodeApp
import RNodeIO
import RNodeTesting
import Testing

@Suite("Clients that send more often than they may")
struct RateTests {
    private func stage(_ errors: Errors = Errors(), async isAsync: Bool = false) async throws
        -> Stage
    {
        try await Stage.make { configuration in
            configuration.metrics = true
            configuration.webSocket.messagesPerSecondMax = 10
            configuration.webSocket.messageBurstMax = 20
        } _: { app in
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                route.onError { event in
                    errors.note(event.errorType ?? "", event.error ?? "", event.closeCode)
                }
                if isAsync { route.onMessage { _ async in await Task.yield() } }
            }
            app.websocket(raw: "/raw") { route in
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
        }
    }

    @Test(arguments: [19, 20, 21, 200])
    func `messages over the rate are blocked, and the sender is told`(count: Int) async throws {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada")
        for number in 0..<count {
            ada.send(#"{"type":"message","data":"\#(number)","id":"m\#(number)"}"#)
        }
        for number in 0..<min(count, 20) {
            #expect(try await ada.next("message_ack")["id"] == .string("m\(number)"))
        }
        for number in 20..<max(count, 20) {
            let blocked = try await ada.next("message_blocked")
            #expect(blocked["code"] == "rate_limited")
            #expect(blocked["id"] == .string("m\(number)"), "every id has its answer")
            #expect(blocked["event"] == "message")
        }
        #expect(await ada.socket.all() == [])
        #expect(try await stage.metric(Self.blocked) == max(0, count - 20))
        await stage.host.advance(by: .seconds(2))
        ada.send("again")
        try await ada.next("message_ack")
    }

    private static let blocked = #"rnode_server_websocket_errors_total{kind="rate_limited"}"#

    @Test func `notices without an id are ten a second, and an acknowledgement is not answered`()
        async throws
    {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada")
        for _ in 0..<100 { ada.send("hello") }
        for _ in 0..<20 { try await ada.next("message_ack") }
        for _ in 0..<10 { try await ada.next("message_blocked") }
        ada.send(#"{"type":"message_ack","id":"x"}"#)
        #expect(await ada.socket.all() == [])
        ada.send(#"{"type":"join_room","room_id":"room_0","id":"j"}"#)
        let blocked = try await ada.next("message_blocked")
        #expect(blocked["event"] == "join_room" && blocked["id"] == "j")
        ada.socket.send([1, 2, 3])
        #expect(await ada.socket.all() == [], "counted only")
        #expect(try await stage.metric(Self.blocked) == 83)
    }

    @Test(arguments: [false, true])
    func `ten seconds without a pause end the connection with 1008`(isAsync: Bool) async throws {
        let errors = Errors()
        let stage = try await stage(errors, async: isAsync)
        let ada = try await stage.client(id: "ada")
        let end = try await Self.flood(ada.socket, stage, seconds: 12)
        #expect((100...115).contains(end ?? 0), "tenths of a second: \(end ?? 0)")
        #expect(errors.all == ["rate_limited too many messages 1008"])
    }

    @Test(arguments: [9_999, 10_000, 10_001, 100_000])
    func `rateBreachTimeout: a message over the rate so long after the first one ends it`(
        milliseconds: Int
    ) async throws {
        let errors = Errors()
        let stage = try await stage(errors)
        let ada = try await stage.client(id: "ada")
        var passed = 0
        while true {
            // More than the burst at first, and more than comes free in 900 ms.
            for _ in 0..<(passed == 0 ? 21 : 12) { ada.send("flood") }
            await stage.host.settle()
            guard passed < milliseconds, errors.all.isEmpty else { break }
            let step = min(900, milliseconds - passed)
            await stage.host.advance(by: .milliseconds(step))
            passed += step
        }
        let isOver = milliseconds >= 10_000
        #expect(errors.all == (isOver ? ["rate_limited too many messages 1008"] : []))
        // The first one that comes when the time is over, and no later one.
        #expect(passed == min(milliseconds, 10_800))
    }

    @Test func `whoever pauses stays`() async throws {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada")
        for _ in 0..<5 {
            #expect(try await Self.flood(ada.socket, stage, seconds: 4) == nil)
            await stage.host.advance(by: .seconds(3))
        }
    }

    @Test func `on a raw route what is over the rate is dropped and counted`() async throws {
        let stage = try await stage()
        let socket = try await TestWebSocket.open(stage.host, "/raw")
        for number in 0..<50 { socket.send("\(number)") }
        #expect(await socket.all() == (0..<20).map { .text("\($0)") })
        #expect(try await stage.metric(Self.blocked) == 30)
        let end = try await Self.flood(socket, stage, seconds: 12)
        #expect(end != nil)
    }

    /// Sends a hundred messages a second; returns the tenth of a second in which a close with 1008 came.
    private static func flood(
        _ socket: TestWebSocket, _ stage: Stage, seconds: Int
    ) async throws -> Int? {
        for tenth in 0..<10 * seconds {
            for _ in 0..<10 { socket.send("flood") }
            let received = await socket.all()
            if received.last == .close(.policyViolation, "too many messages") { return tenth }
            await stage.host.advance(by: .milliseconds(100))
        }
        return nil
    }

    // MARK: - Control frames

    @Test(arguments: [99, 100, 101, 1_000])
    func `B13 a hundred pings at once are answered, one more ends the connection`(count: Int)
        async throws
    {
        let errors = Errors()
        let stage = try await stage(errors)
        let ada = try await stage.client(id: "ada")
        for number in 0..<count {
            if number % 2 == 0 { ada.socket.ping([1]) } else { ada.socket.pong() }
        }
        var all = await ada.socket.all()
        if count > 100 {
            #expect(all.popLast() == .close(.policyViolation, "too many control frames"))
            #expect(errors.all == ["rate_limited too many control frames 1008"])
        }
        #expect(all.count == min(count, 100) / 2 + min(count, 100) % 2)
        #expect(all.allSatisfy { $0 == .pong([1]) })
    }

    @Test func `B13 fifty control frames a second may go on for ever`() async throws {
        let stage = try await stage()
        let socket = try await TestWebSocket.open(stage.host, "/raw")
        for _ in 0..<300 {
            socket.ping()
            #expect(await socket.all() == [.pong([])])
            await stage.host.advance(by: .milliseconds(20))
        }
    }

    @Test func `B13 a million pings from a client that never reads cost no more than the cap`()
        async throws
    {
        let stage = try await Stage.make { configuration in
            // Faster than any client: so that all come through.
            configuration.webSocket.controlFramesPerSecondMax = 1_000_000
            configuration.webSocket.controlFrameBurstMax = 1_000_000
        } _: { app in
            app.websocket(raw: "/raw") { _ in }
        }
        let peer = try stage.host.connect(shape: StreamShape(windowBytes: 4_096))
        peer.send(TimeTests.upgrade.replacing("/chat", with: "/raw"))
        await stage.host.settle()
        // A ping of one byte, masked with zeros.
        let ping: [UInt8] = [0x89, 0x81, 0, 0, 0, 0, 7]
        let thousand = [[UInt8]](repeating: ping, count: 1_000).flatMap { $0 }
        var most = 0
        for _ in 0..<1_000 {
            peer.send(thousand)
            await stage.host.settle()
            most = max(most, stage.host.loops[0].unsentBytes)
        }
        #expect(peer.unreadByServerCount < thousand.count, "they were all read")
        #expect(most <= 65_536 + 127)
        #expect(!peer.isFinished)
    }

    // MARK: - Connections of one address

    @Test(arguments: [3, 4, 5, 40])
    func `an address has so many connections, and the next is answered 429`(count: Int) async throws
    {
        let stage = try await Stage.make {
            $0.connectionsPerAddressMax = 4
        } _: { app in
            app.websocket(raw: "/raw") { _ in }
        }
        var open: [TestWebSocket] = []
        for _ in 0..<count {
            do {
                open.append(try await TestWebSocket.open(stage.host, "/raw"))
            } catch let refusal as TestRefusal {
                #expect(refusal.response.status == 429)
                #expect(refusal.response.field("Retry-After") == "10")
            }
        }
        #expect(open.count == min(count, 4))
        // Whoever leaves makes room.
        open.removeLast().peer.reset()
        await stage.host.settle()
        _ = try await TestWebSocket.open(stage.host, "/raw")
    }

    @Test(arguments: [3, 4, 5, 40])
    func `refusalsMax: so many connections too many are answered 429 at a time, more are cut`(
        count: Int
    ) async throws {
        var io = IOLimits()
        io.refusalsMax = 4
        let stage = try await Stage.make(io: io) {
            $0.connectionsPerAddressMax = 1
        } _: { app in
            app.websocket(raw: "/raw") { _ in }
        }
        let first = try await TestWebSocket.open(stage.host, "/raw")
        for _ in 0..<2 {
            // They neither take the answer nor close: each stays for as long as it may.
            var peers: [InMemoryPeer] = []
            for _ in 0..<count { peers.append(try stage.host.connect()) }
            await stage.host.settle()
            #expect(stage.host.loops[0].connectionCount == 1 + min(count, 4))
            #expect(peers.count { $0.isReset } == max(count - 4, 0))
            let answers = peers.map { $0.takeText() }.filter { !$0.isEmpty }
            #expect(answers.count == min(count, 4))
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 429 ") })
            // The linger timeout is two seconds.
            await stage.host.advance(by: .milliseconds(2_010))
            #expect(stage.host.loops[0].connectionCount == 1)
        }
        first.send("still here")
        #expect(await first.all() == [])
    }

    @Test func `a peer too many that takes nothing of its answer is cut when its time is over`()
        async throws
    {
        let stage = try await Stage.make {
            $0.connectionsPerAddressMax = 1
        } _: { app in
            app.websocket(raw: "/raw") { _ in }
        }
        let first = try await TestWebSocket.open(stage.host, "/raw")
        let stuck = try stage.host.connect(shape: StreamShape(windowBytes: 8))
        await stage.host.advance(by: .milliseconds(2_010))
        #expect(stage.host.loops[0].connectionCount == 1)
        #expect(stuck.isReset && !first.peer.isReset)
    }
}
