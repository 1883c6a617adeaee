import RNodeApp
import RNodeBytes
import RNodeIO
import RNodeTesting
import Testing

@Suite("Clients that do not read as fast as they are sent to")
struct SlowConsumerTests {
    /// A peer that takes this much, and then reads nothing until the test does.
    private static let slow = StreamShape(windowBytes: 512)

    private func stage(
        _ policy: SlowConsumerPolicy, cap: Int = 4_096, _ journal: Errors = Errors()
    ) async throws -> Stage {
        try await Stage.make(io: Self.io) { configuration in
            configuration.metrics = true
            // Their own tests are elsewhere.
            configuration.webSocket.controlFramesPerSecondMax = 1_000_000
            configuration.webSocket.controlFrameBurstMax = 1_000_000
        } _: { app in
            app.websocket("/chat") { route in
                route.slowConsumers = policy
                route.outputHardCapBytes = cap
                route.jsonPingInterval = nil
                route.onError { event in
                    journal.note(event.errorType ?? "", event.error ?? "", event.closeCode)
                }
            }
            app.websocket(raw: "/raw") { route in
                route.slowConsumers = policy
                route.outputHardCapBytes = cap
                // Sends as many numbered messages as it is told.
                route.onMessage { bytes, _, context in
                    let count = Int(String(decoding: bytes.copied(), as: UTF8.self)) ?? 0
                    for number in 0..<count { context.send(Self.numbered(number)) }
                }
            }
        }
    }

    private static var io: IOLimits {
        var limits = IOLimits()
        limits.outputSoftMarkBytes = 1_024
        limits.outputHardCapBytes = 4_096
        return limits
    }

    private static func numbered(_ number: Int) -> String {
        "\(number) " + String(repeating: "x", count: 100)
    }

    /// The numbers of the messages that came.
    private static func numbers(_ messages: [TestMessage]) -> [Int] {
        messages.compactMap { message in
            guard case .text(let text) = message else { return nil }
            return Int(text.prefix { $0 != " " })
        }
    }

    /// Everything that comes when the client begins to read again.
    private func readAll(_ socket: TestWebSocket) async -> [TestMessage] {
        var all: [TestMessage] = []
        while true {
            let more = await socket.all()
            guard !more.isEmpty || socket.peer.availableCount > 0 else { return all }
            all += more
        }
    }

    // MARK: - The policies

    @Test func `the newest come when the oldest are dropped`() async throws {
        let stage = try await stage(.dropOldest)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: Self.slow)
        socket.send("200")
        let numbers = Self.numbers(await readAll(socket))
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.first == 0, "what has begun to be sent is not dropped")
        #expect(numbers.suffix(10) == Array(190..<200))
        #expect(numbers.count < 60)
        #expect(try await stage.dropped(on: "/raw") == 200 - numbers.count)
        socket.send("1")
        #expect(Self.numbers(await readAll(socket)) == [0], "the connection goes on")
    }

    @Test func `the oldest come when the newest are dropped`() async throws {
        let stage = try await stage(.dropNewest)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: Self.slow)
        socket.send("200")
        let numbers = Self.numbers(await readAll(socket))
        #expect(numbers == Array(0..<numbers.count))
        #expect((20..<60).contains(numbers.count))
        #expect(try await stage.dropped(on: "/raw") == 200 - numbers.count)
    }

    @Test func `of each key only the newest waits`() async throws {
        let policy = SlowConsumerPolicy.conflate { bytes in
            // By the number's last digit.
            let digits = String(decoding: bytes.copied(), as: UTF8.self).prefix { $0 != " " }
            return digits.last.map { "\($0)" }
        }
        let stage = try await stage(policy)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: Self.slow)
        socket.send("1000")
        let numbers = Self.numbers(await readAll(socket))
        #expect(Set(numbers.suffix(10)) == Set(990..<1_000))
        #expect(numbers.count < 40)
        #expect(try await stage.dropped(on: "/raw") == 1_000 - numbers.count)
    }

    @Test func `a queue full of different keys closes the connection`() async throws {
        let policy = SlowConsumerPolicy.conflate { "\($0.copied())" }
        let stage = try await stage(policy)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: Self.slow)
        socket.send("1000")
        #expect(await readAll(socket).last == .close(.tryAgainLater, "slow consumer"))
    }

    @Test func `by default the connection is closed with 1013`() async throws {
        let errors = Errors()
        let stage = try await stage(.close, errors)
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<100 { try await stage.tell("ada", number) }
        let all = await readAll(ada.socket)
        #expect(all.last == .close(.tryAgainLater, "slow consumer"))
        #expect(errors.all == ["slow_consumer slow consumer 1013"])
        #expect(try await stage.dropped(on: "/chat") == 0)
    }

    @Test func `once a message is refused none is taken any more: what comes has no gap`()
        async throws
    {
        let stage = try await stage(.close)
        // Takes half a message with each try, so that there is room again after a refusal.
        let shape = StreamShape(sendMaxBytes: 50)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: shape)
        socket.send("1000")
        let all = await readAll(socket)
        let numbers = Self.numbers(all)
        #expect(numbers == Array(0..<numbers.count) && (30..<60).contains(numbers.count))
        #expect(all.last == .close(.tryAgainLater, "slow consumer"))
    }

    // MARK: - Rooms

    @Test(arguments: [1, 2])
    func `gathered room messages are dropped one by one`(loops: Int) async throws {
        let stage = try await stage(.dropOldest)
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        let bob = try await stage.client(id: "bob")
        try await ada.join(room)
        try await bob.join(room)
        for round in 0..<20 {
            // Twenty of them in one turn, and so in one delivery.
            for number in 0..<20 {
                bob.send(
                    #"{"type":"room_message","room_id":"\#(room)","message":"\#(round * 20 + number)"}"#
                )
            }
            await stage.host.settle()
        }
        let heard = await readAll(bob.socket).compactMap(Self.roomMessage)
        #expect(heard == (0..<400).map { "\($0)" }, "who reads gets everything")
        let late = await readAll(ada.socket).compactMap(Self.roomMessage)
        #expect(late.last == "399" && late.count < 60)
        #expect(late == late.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) })
        #expect(try await stage.dropped(on: "/chat") == 400 - late.count)
    }

    private static func roomMessage(_ message: TestMessage) -> String? {
        guard case .text(let text) = message, text.contains(#""type":"room_message""#),
            let start = text.firstRange(of: #""message":""#)
        else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }

    @Test func `answers and control frames are never dropped`() async throws {
        let stage = try await stage(.dropNewest)
        let room = try await stage.room()
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        try await ada.join(room)
        for number in 0..<100 {
            try await stage.tell("ada", number)
        }
        // The queue is full, and she asks for something: but she is not read from before she reads.
        ada.send(#"{"type":"ping","id":"mine"}"#)
        ada.socket.ping([7])
        let all = await readAll(ada.socket)
        #expect(all.contains(.pong([7])))
        #expect(all.contains { "\($0)".contains("mine") })
        #expect(try await stage.dropped(on: "/chat") > 0)
    }

    @Test func `a close goes out behind what waits`() async throws {
        let stage = try await stage(.dropOldest)
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<30 { try await stage.tell("ada", number) }
        guard case .string(let id) = ada.welcome["connection_id"] else { return }
        let app = stage.app
        #expect(try await stage.host.run { await app.disconnect(id, reason: "enough") })
        let all = await readAll(ada.socket)
        #expect(all.last == .close(.normal, "enough"))
        #expect("\(all[all.count - 2])".contains("29"), "the last message before it")
    }

    // MARK: - What the application is told

    @Test func `onError says that messages were dropped, once a second at most`() async throws {
        let errors = Errors()
        let stage = try await stage(.dropOldest, errors)
        _ = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<300 { try await stage.tell("ada", number) }
        #expect(errors.all.count == 1, "a flood is told once")
        #expect(errors.all[0] == "slow_consumer slow consumer; messages dropped: 1")
        await stage.host.advance(by: .seconds(1))
        try await stage.tell("ada", 300)
        #expect(errors.all.count == 2)
        let dropped = try await stage.dropped(on: "/chat")
        #expect(errors.all[1] == "slow_consumer slow consumer; messages dropped: \(dropped - 1)")
    }

    // MARK: - Time

    @Test func `C10 a client that takes nothing for half a minute is closed with 1013`()
        async throws
    {
        let errors = Errors()
        let stage = try await stage(.dropOldest, errors)
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<10 { try await stage.tell("ada", number) }
        await stage.host.advance(by: .seconds(29))
        #expect(errors.all.isEmpty)
        await stage.host.advance(by: .seconds(2))
        #expect(errors.all == ["slow_consumer slow consumer 1013"])
        #expect(!ada.socket.peer.isFinished, "the close frame has its time")
        await stage.host.advance(by: .seconds(5))
        #expect(ada.socket.peer.isReset)
    }

    @Test func `C10 a client that takes a byte now and then stays`() async throws {
        let errors = Errors()
        let stage = try await stage(.dropOldest, errors)
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<10 { try await stage.tell("ada", number) }
        for _ in 0..<10 {
            await stage.host.advance(by: .seconds(20))
            #expect(ada.socket.peer.takeBytes(atMost: 1).count == 1)
        }
        #expect(errors.all.isEmpty && !ada.socket.peer.isFinished)
    }

    @Test func `C10 who asks by HTTP and does not read the answer is cut after half a minute`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.get("/big") { _, response in
                response.text(String(repeating: "x", count: 100_000))
            }
        }
        let peer = try stage.host.connect(shape: Self.slow)
        peer.send("GET /big HTTP/1.1\r\nHost: test\r\n\r\n")
        await stage.host.advance(by: .seconds(29))
        #expect(!peer.isReset)
        // A byte buys another half a minute.
        #expect(peer.takeBytes(atMost: 1).count == 1)
        await stage.host.advance(by: .seconds(29))
        #expect(!peer.isReset)
        await stage.host.advance(by: .seconds(2))
        #expect(peer.isReset)
        #expect(stage.host.loops[0].unsentBytes == 0)
    }

    @Test func `C13 a loop rests while a closing client that reads nothing has a JSON ping due`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.jsonPingInterval = .seconds(20) }
        }
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<10 { try await stage.tell("ada", number) }
        await stage.host.advance(by: .seconds(18))
        ada.socket.peer.finish()
        await stage.host.advance(by: .seconds(4))
        #expect(stage.host.loops[0].connectionCount == 1, "what it was sent has its time")
        let next = try #require(stage.host.loops[0].nextDeadline)
        #expect(next > stage.host.clock.now)
    }

    // MARK: - Broadcasts

    @Test func `a broadcast waits for a slow client as a room's message does, and is counted`()
        async throws
    {
        let stage = try await stage(.dropOldest)
        let app = stage.app
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        for number in 0..<200 {
            let text = Self.numbered(number)
            try await stage.host.run { await app.broadcast(path: "/chat", text) }
        }
        let numbers = Self.numbers(await readAll(ada.socket))
        #expect(numbers.first == 0 && numbers.last == 199)
        #expect(numbers.count > 8 && numbers.count < 200)
        #expect(try await stage.dropped(on: "/chat") == 200 - numbers.count)
    }

    @Test func `a broadcast larger than the mark reaches who reads, and so does the next`()
        async throws
    {
        let stage = try await stage(.dropOldest)
        let app = stage.app
        let ada = try await stage.client(id: "ada")
        let big = String(repeating: "b", count: 3_000)
        try await stage.host.run { await app.broadcast(path: "/chat", big) }
        try await stage.host.run { await app.broadcast(path: "/chat", "small") }
        #expect(await readAll(ada.socket) == [.text(big), .text("small")])
    }

    // MARK: - Pongs

    @Test func `B13 a ping in one read with a message whose answer is large gets its pong`()
        async throws
    {
        // Above what may join the output, half the cap, but not above the soft mark, at which reading would stop.
        let stage = try await stage(.dropOldest, cap: 1_500)
        let ada = try await stage.client(id: "ada")
        let text = String(repeating: "t", count: 850)
        ada.send(text)
        ada.socket.ping([7])
        let messages = await readAll(ada.socket)
        #expect(messages.contains(.pong([7])))
        #expect(messages.count == 2)
    }

    @Test func `B13 a ping flood from a client that never reads costs one pong`() async throws {
        let stage = try await stage(.close)
        let socket = try await TestWebSocket.open(stage.host, "/raw", shape: Self.slow)
        socket.send("5")
        await stage.host.settle()
        let before = stage.host.loops[0].unsentBytes
        for number in 0..<10_000 {
            socket.ping([UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
            if number % 100 == 0 { await stage.host.settle() }
        }
        await stage.host.settle()
        #expect(stage.host.loops[0].unsentBytes <= before + 127)
        let pongs = await readAll(socket).filter { if case .pong = $0 { true } else { false } }
        #expect(pongs == [.pong([39, 15])])
    }
}

/// What `onError` was told.
final class Errors: Sendable {
    private let lines = Guarded<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func note(_ type: String, _ error: String, _ code: UInt16?) {
        lines.withLock { $0.append("\(type) \(error)" + (code.map { " \($0)" } ?? "")) }
    }
}

extension Stage {
    /// Sends a client a direct message, and lets it out.
    func tell(_ client: String, _ number: Int) async throws {
        let app = app
        _ = try await host.run {
            await app.sendDirectMessage(client, "\(number) \(String(repeating: "x", count: 100))")
        }
        await host.settle()
    }

    /// A number of the metrics page.
    func metric(_ line: String) async throws -> Int? {
        let response = try await TestHTTP(host).request("GET", "/metrics")
        for found in response.text.split(separator: "\n") where found.hasPrefix(line + " ") {
            return Int(found.dropFirst(line.utf8.count + 1))
        }
        return nil
    }

    /// How many messages to slow clients of a route were dropped.
    func dropped(on route: String) async throws -> Int {
        try await metric(
            "rnode_server_websocket_messages_dropped_total{route=\"\(route)\"}") ?? -1
    }
}
