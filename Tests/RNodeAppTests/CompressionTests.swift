import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("permessage-deflate on routes and in rooms")
struct CompressionTests {
    /// A text of `count` bytes that gets much shorter.
    private static func long(_ count: Int = 2_000, _ word: String = "hello, everybody! ") -> String
    {
        String(String(repeating: word, count: count / word.utf8.count + 1).prefix(count))
    }

    private static func keeping(_ adjust: (inout DeflateOptions) -> Void = { _ in })
        -> DeflateOptions
    {
        var options = DeflateOptions()
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        adjust(&options)
        return options
    }

    /// An app with an echo at `/raw`, a room that all of `/room` are in, and the full protocol at `/chat`.
    private static func stage(
        loops: Int = 1, _ compression: DeflateOptions? = DeflateOptions(),
        _ adjust: (inout AppConfiguration) -> Void = { _ in }
    ) async throws -> (stage: Stage, room: String) {
        let host = try await Stage.make(loops: loops, adjust) { app in
            app.websocket(raw: "/raw") { route in
                route.compression = compression
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
            app.websocket(raw: "/plain") { route in
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
            app.websocket("/chat") { route in route.compression = compression }
            app.websocket(raw: "/room") { route in
                route.compression = compression
                route.onMessage { bytes, kind, context in
                    let text = String(copying: try UTF8Span(validating: bytes))
                    let parts = text.split(separator: " ", maxSplits: 2).map { String($0) }
                    switch parts[0] {
                    case "join": context.join(parts[1])
                    case "echo": context.send(text)
                    case "open":
                        context.publish(text.utf8Span.span, compress: false, to: parts[1])
                    default: context.publish(text.utf8Span.span, to: parts[1])
                    }
                }
            }
        }
        return (host, try await host.room())
    }

    private static func deflations(_ stage: Stage) -> Int {
        stage.app.core?.loops.reduce(0) { $0 + $1.deflateStreams.sharedMessageCount } ?? 0
    }

    // MARK: - Routes

    @Test func `a route without compression agrees on none, and one with it does so on offer only`()
        async throws
    {
        let (stage, _) = try await Self.stage()
        let offered = DeflateOptions()
        let plain = try await TestWebSocket.open(stage.host, "/plain", compression: offered)
        #expect(plain.compression == nil)
        let silent = try await TestWebSocket.open(stage.host, "/raw")
        #expect(silent.compression == nil)
        let both = try await TestWebSocket.open(stage.host, "/raw", compression: offered)
        #expect(both.compression?.serverKeepsContext == false)
        #expect(both.compression?.clientKeepsContext == false)
        for client in [plain, silent, both] {
            client.send(Self.long())
            #expect(try await client.nextText() == Self.long())
        }
        #expect(plain.receivedByteCount == 2_004)
        #expect(silent.receivedByteCount == 2_004)
        #expect(both.receivedByteCount < 200)
    }

    @Test func `an offer that is garbage opens the connection uncompressed`() async throws {
        let (stage, _) = try await Self.stage()
        for offer in ["server_max_window_bits=8", "unknown", "client_max_window_bits=16"] {
            let client = try await TestWebSocket.open(
                stage.host, "/raw",
                fields: [("Sec-WebSocket-Extensions", "permessage-deflate; \(offer)")])
            client.send(Self.long())
            #expect(try await client.nextText() == Self.long())
            #expect(client.receivedByteCount == 2_004)
        }
    }

    @Test(arguments: [0, 511, 512, 513, 5_120, 100_000])
    func `messages come through in both directions, with takeover and without`(_ count: Int)
        async throws
    {
        for options in [DeflateOptions(), Self.keeping()] {
            let (stage, _) = try await Self.stage(options)
            for shape in [StreamShape(), StreamShape(receiveMaxBytes: 7, sendMaxBytes: 7)] {
                let client = try await TestWebSocket.open(
                    stage.host, "/raw", shape: shape, compression: options)
                for _ in 0..<3 {
                    client.send(Self.long(count))
                    #expect(try await client.nextText() == Self.long(count))
                    client.send(Self.long(count), compress: false)
                    #expect(try await client.nextText() == Self.long(count))
                }
                let isShort = client.receivedByteCount < 6 * count
                #expect(isShort == (count >= 512))
            }
        }
    }

    @Test func `a send without compress goes as it is, from a callback and from a reference`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.compression = Self.keeping()
                route.onMessage { event in
                    let text = Self.long(1_000)
                    event.connection.send(text, compress: false)
                    event.connection.send(Array(text.utf8).span, compress: false)
                    event.connection.reference.send(text, compress: false)
                    event.connection.send(text)
                    return .cancel("enough")
                }
            }
        }
        let client = try await TestWebSocket.open(
            stage.host, "/chat", compression: Self.keeping())
        _ = try await client.nextText()
        let before = client.receivedByteCount
        client.send("go")
        var texts: [TestMessage] = []
        while texts.count < 5 { texts.append(try await client.next()) }
        let long = TestMessage.text(Self.long(1_000))
        #expect(texts.filter { $0 == long }.count == 3)
        #expect(texts.contains(.binary(Array(Self.long(1_000).utf8))))
        #expect((3_000..<3_700).contains(client.receivedByteCount - before))
    }

    @Test func `B8 a bomb is closed with 1009, and its loop goes on`() async throws {
        let (stage, _) = try await Self.stage()
        let bystander = try await TestWebSocket.open(stage.host, "/raw", compression: .init())
        let bomber = try await TestWebSocket.open(stage.host, "/raw", compression: .init())
        bomber.send([UInt8](repeating: 0, count: (1 << 20) + 1))
        #expect(try await bomber.next() == .close(.messageTooBig, "message too big"))
        bystander.send([UInt8](repeating: 0, count: 1 << 20))
        #expect(try await bystander.next() == .binary([UInt8](repeating: 0, count: 1 << 20)))
    }

    enum Way: CaseIterable {
        case whole, inPieces, withTakeover
    }

    @Test(arguments: Way.allCases)
    func `B8 the most that a message inflated to is in the metrics`(way: Way) async throws {
        let options = way == .withTakeover ? Self.keeping() : DeflateOptions()
        let (stage, _) = try await Self.stage(loops: 2, options) { $0.metrics = true }
        let metric = "rnode_server_websocket_inflate_ratio_max"
        #expect(try await stage.metric(metric) == 0)
        let shape = StreamShape(receiveMaxBytes: way == .inPieces ? 7 : .max)
        let client = try await TestWebSocket.open(
            stage.host, "/raw", loop: 1, shape: shape, compression: options)
        var highest = 0
        for count in [600, 100_000, 2_000] {
            client.send([UInt8](repeating: 0, count: count))
            // A masked frame of less than 126 bytes has a head of six, a longer one of eight.
            let frame = client.peer.unreadByServerCount
            let payload = frame - (frame < 132 ? 6 : 8)
            highest = max(highest, (count + payload - 1) / payload)
            #expect(try await client.next() == .binary([UInt8](repeating: 0, count: count)))
            #expect(try await stage.metric(metric) == highest)
        }
        #expect((100...1_032).contains(highest))
        // A message that is cut off counts as far as it came.
        client.send([UInt8](repeating: 0, count: (1 << 20) + 1))
        #expect(try await client.next() == .close(.messageTooBig, "message too big"))
        let most = try await stage.metric(metric) ?? 0
        #expect((highest + 1...1_032).contains(most))
    }

    @Test func `B10 what can't be inflated is closed with 1007, whoever else is there`()
        async throws
    {
        let (stage, _) = try await Self.stage()
        let bystander = try await TestWebSocket.open(stage.host, "/raw", compression: .init())
        let other = try await TestWebSocket.open(stage.host, "/raw", compression: .init())
        other.peer.send([0xC2, 0x81, 0, 0, 0, 0, 0x06])
        #expect(try await other.next() == .close(.invalidPayload, "payload not decodable"))
        bystander.send(Self.long())
        #expect(try await bystander.nextText() == Self.long())
    }

    @Test func `contexts beyond the budget are declined, and come free when a connection ends`()
        async throws
    {
        let each =
            Deflater.byteCount(windowBits: 12, memoryLevel: 5) + Inflater.byteCount(windowBits: 12)
        let (stage, _) = try await Self.stage(Self.keeping()) {
            $0.deflateContextBytesMax = 2 * each
        }
        var clients: [TestWebSocket] = []
        for number in 0..<20 {
            let client = try await TestWebSocket.open(
                stage.host, "/raw", compression: Self.keeping())
            #expect((client.compression != nil) == (number < 2))
            clients.append(client)
        }
        #expect(stage.app.core?.deflateBudget.reservedBytes == 2 * each)
        for client in clients {
            client.send(Self.long())
            #expect(try await client.nextText() == Self.long())
        }
        clients[0].close()
        clients[1].peer.reset()
        await stage.host.settle()
        #expect(stage.app.core?.deflateBudget.reservedBytes == 0)
        let late = try await TestWebSocket.open(stage.host, "/raw", compression: Self.keeping())
        #expect(late.compression != nil)
    }

    @Test func `options out of their range throw at the start, with the field's name`() async throws
    {
        for (value, isRight) in [(0, false), (1, true), (9, true), (10, false)] {
            let app = createApp { $0.loops = 1 }
            app.websocket("/chat") { route in
                route.compression = DeflateOptions()
                route.compression?.level = value
            }
            if isRight {
                try app.state.withLock { try $0.routes.validate() }
            } else {
                let error = #expect(throws: WebSocketLimitError.self) {
                    try app.state.withLock { try $0.routes.validate() }
                }
                #expect(error?.field == "level")
            }
        }
        for (value, isRight) in [(0, false), (1, true), (1 << 40, true), ((1 << 40) + 1, false)] {
            var configuration = AppConfiguration()
            configuration.deflateContextBytesMax = value
            if isRight {
                try configuration.validate()
            } else {
                #expect(throws: AppError.self) { try configuration.validate() }
            }
        }
    }

    // MARK: - Rooms

    @Test func `a room's message is deflated once for each encoding in use, not once for a member`()
        async throws
    {
        let (stage, room) = try await Self.stage()
        var clients: [TestWebSocket] = []
        for number in 0..<60 {
            // Three windows, and ten members without compression.
            var offered = DeflateOptions()
            offered.serverWindowBitsMax = [9, 11, 12][number % 3]
            let client = try await TestWebSocket.open(
                stage.host, "/room", compression: number < 50 ? offered : nil)
            client.send("join \(room)")
            clients.append(client)
        }
        await stage.host.settle()
        let before = Self.deflations(stage)
        let text = "publish \(room) " + Self.long()
        clients[55].send(text)
        for (number, client) in clients.enumerated() {
            #expect(try await client.nextText() == text)
            #expect((client.receivedByteCount < 300) == (number < 50))
        }
        #expect(Self.deflations(stage) - before == 3)
        // What is too short, or not to be compressed, is deflated for nobody.
        clients[0].send("publish \(room) short")
        clients[1].send("open \(room) " + Self.long())
        for client in clients {
            #expect(try await client.nextText() == "publish \(room) short")
            #expect(try await client.nextText() == "open \(room) " + Self.long())
            #expect(client.receivedByteCount > 2_000)
        }
        #expect(Self.deflations(stage) - before == 3)
    }

    @Test func `members on other loops get it too, and what was deflated goes along`() async throws
    {
        let (stage, room) = try await Self.stage(loops: 3)
        var clients: [TestWebSocket] = []
        for number in 0..<30 {
            let client = try await TestWebSocket.open(
                stage.host, "/room", loop: number % 3, compression: number < 27 ? .init() : nil)
            client.send("join \(room)")
            clients.append(client)
        }
        await stage.host.settle()
        let before = Self.deflations(stage)
        for round in 1...3 {
            let text = "publish \(room) \(round) " + Self.long()
            clients[round].send(text)
            for client in clients { #expect(try await client.nextText() == text) }
            #expect(Self.deflations(stage) - before == round, "once for all three loops")
        }
        // The publisher's loop has nobody with compression: each other loop deflates for its own.
        let (other, lobby) = try await Self.stage(loops: 3)
        clients = []
        for number in 0..<9 {
            let client = try await TestWebSocket.open(
                other.host, "/room", loop: number % 3, compression: number % 3 > 0 ? .init() : nil)
            client.send("join \(lobby)")
            clients.append(client)
        }
        await other.host.settle()
        let text = "publish \(lobby) " + Self.long()
        clients[0].send(text)
        for client in clients { #expect(try await client.nextText() == text) }
        #expect(Self.deflations(other) == 2)
    }

    @Test func `what is broadcast to a route is deflated once for each encoding on all loops`()
        async throws
    {
        let (stage, _) = try await Self.stage(loops: 3)
        var clients: [TestWebSocket] = []
        for number in 0..<12 {
            var options = DeflateOptions()
            if number >= 8 { options.serverWindowBitsMax = 9 }
            // The first loop has nobody with compression.
            let compression = number % 3 > 0 ? options : nil
            clients.append(
                try await TestWebSocket.open(
                    stage.host, "/room", loop: number % 3, compression: compression))
        }
        await stage.host.settle()
        let (app, text, before) = (stage.app, Self.long(), Self.deflations(stage))
        for round in 1...2 {
            try await stage.host.run { await app.broadcast(path: "/room", text) }
            for client in clients { #expect(try await client.nextText() == text) }
            #expect(Self.deflations(stage) - before == 2 * round)
        }
    }

    @Test func `members with takeover get shared messages between their own, and understand all`()
        async throws
    {
        // The smallest window: a reference that is off by a byte shows.
        let options = Self.keeping {
            $0.serverWindowBitsMax = 9
            $0.minimumBytes = 20
        }
        let (stage, room) = try await Self.stage(loops: 2, options)
        var clients: [TestWebSocket] = []
        for number in 0..<6 {
            let wanted = number % 3 == 2 ? DeflateOptions() : options
            let client = try await TestWebSocket.open(
                stage.host, "/room", loop: number % 2, compression: wanted)
            #expect(client.compression?.serverKeepsContext == (number % 3 != 2))
            client.send("join \(room)")
            clients.append(client)
        }
        await stage.host.settle()
        for round in 0..<60 {
            let own = "echo \(Self.long(300, "round \(round % 4), once more "))"
            let shared = "publish \(room) " + Self.long(200, "to all, \(round % 3) ")
            let client = clients[round % 6]
            // The own one before, and behind, in the same turn and in a later one.
            client.send(own)
            if round % 2 == 0 { await stage.host.settle() }
            clients[(round + round % 3) % 6].send(shared)
            client.send(own)
            var texts: [String] = []
            while texts.count < 3 { texts.append(try await client.nextText()) }
            #expect(texts.sorted() == [own, own, shared].sorted())
            for other in clients where other !== client {
                #expect(try await other.nextText() == shared)
            }
        }
    }

    @Test func `the full protocol is compressed too: room messages, direct ones, and broadcasts`()
        async throws
    {
        let (stage, room) = try await Self.stage(Self.keeping { $0.minimumBytes = 100 })
        var clients: [Client] = []
        for number in 0..<4 {
            let socket = try await TestWebSocket.open(
                stage.host, "/chat?clientId=c\(number)",
                compression: number < 3 ? Self.keeping() : nil)
            let client = Client(socket: socket)
            try await client.next("welcome")
            try await client.join(room)
            clients.append(client)
        }
        let text = Self.long()
        let before = Self.deflations(stage)
        clients[3].send(#"{"type":"room_message","room_id":"\#(room)","message":"\#(text)"}"#)
        for client in clients {
            #expect(try await client.next("room_message")["message"] == .string(text))
        }
        #expect(Self.deflations(stage) == before + 1)
        clients[3].send(#"{"type":"direct_message","target_client_id":"c0","message":"\#(text)"}"#)
        #expect(try await clients[0].next("direct_message")["message"] == .string(text))
        let app = stage.app
        try await stage.host.run { await app.broadcast(path: "/chat", text) }
        try await stage.host.run { await app.broadcast(path: "/chat", text, compress: false) }
        for client in clients {
            #expect(try await client.socket.nextText() == text)
            #expect(try await client.socket.nextText() == text)
        }
        #expect(Self.deflations(stage) == before + 2)
        // And what is the connections' own goes on.
        for client in clients {
            client.send(text)
            try await client.next("message_ack")
        }
        #expect((2_000..<4_000).contains(clients[1].socket.receivedByteCount))
    }

    @Test func `a member that leaves, or comes again, is told no more than others`() async throws {
        let (stage, room) = try await Self.stage(Self.keeping())
        let ada = try await TestWebSocket.open(stage.host, "/room", compression: Self.keeping())
        let bob = try await TestWebSocket.open(stage.host, "/room", compression: Self.keeping())
        ada.send("join \(room)")
        bob.send("join \(room)")
        await stage.host.settle()
        let text = "publish \(room) " + Self.long()
        bob.send(text)
        #expect(try await ada.nextText() == text)
        #expect(try await bob.nextText() == text)
        ada.peer.reset()
        await stage.host.settle()
        bob.send(text)
        #expect(try await bob.nextText() == text)
        let again = try await TestWebSocket.open(stage.host, "/room", compression: Self.keeping())
        again.send("join \(room)")
        await stage.host.settle()
        bob.send(text)
        #expect(try await again.nextText() == text)
        #expect(try await bob.nextText() == text)
    }
}
