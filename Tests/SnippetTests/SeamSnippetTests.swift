import FoundationEssentials
import RNodeApp
import RNodeTesting
import Testing

@Suite("The seams' examples")
struct SeamSnippetTests {
    // MARK: - Transport and Listener

    @Test(
        "The transport that chops conforms, whatever the size of its pieces",
        arguments: TransportConformance.checks, [1, 7, 65_536])
    func transport(_ check: ConformanceCheck<TransportConformance>, _ piece: Int) throws {
        try check.run(
            on: TransportConformance {
                let (here, there) = InMemoryTransport.pair(descriptors: VirtualDescriptors())
                return (ChoppedTransport(here, piece: piece), there)
            })
    }

    @Test("The transport that chops counts every byte")
    func transportCounts() {
        let (inner, peer) = InMemoryTransport.connected(descriptors: VirtualDescriptors())
        let transport = ChoppedTransport(inner, piece: 2)
        let (first, second) = (transport.send([1, 2, 3].span), transport.send([3].span))
        #expect([first, second] == [.bytes(2), .bytes(1)])
        #expect(peer.takeBytes() == [1, 2, 3])
        #expect(transport.sentCount == 3)
        peer.send([4])
        var room: [UInt8] = [0, 0, 0]
        var span = room.mutableSpan
        let received = transport.receive(into: &span)
        #expect(received == .bytes(1))
        #expect(transport.receivedCount == 1)
    }

    @Test("The listener that chops conforms", arguments: ListenerConformance.checks)
    func listener(_ check: ConformanceCheck<ListenerConformance>) throws {
        try check.run(
            on: ListenerConformance(
                listener: {
                    let inner = InMemoryListener(descriptors: VirtualDescriptors())
                    return NamedListener(ChoppedListener(inner, piece: 3), inner)
                },
                connect: { listener in
                    guard let named = listener as? NamedListener, named.descriptor >= 0 else {
                        throw ConformanceFailure("nobody listens")
                    }
                    return named.inner.connectTransport()
                }))
    }

    /// A listener together with the one it wraps, which the conformance checks connect to.
    private final class NamedListener: Listener {
        let outer: any Listener
        let inner: InMemoryListener

        init(_ outer: any Listener, _ inner: InMemoryListener) {
            self.outer = outer
            self.inner = inner
        }

        var descriptor: Int32 { outer.descriptor }
        var address: SocketAddress { outer.address }
        func accept() -> AcceptResult { outer.accept() }
        func close() { outer.close() }
    }

    @Test("A chat over a transport that gives one byte at a time is the same chat")
    func chatOverChoppedBytes() async throws {
        let descriptors = VirtualDescriptors()
        let listener = InMemoryListener(descriptors: descriptors)
        let loop = try EventLoop(backend: ScriptedBackend(descriptors: descriptors))
        defer { loop.end() }
        try loop.listen(on: ChoppedListener(listener, piece: 1))
        let app = makeChat()
        try await app.serve(on: [loop])
        let peer = listener.connect()
        peer.send("GET /hello/you HTTP/1.1\r\nHost: here\r\n\r\n")
        var answer = ""
        for _ in 0..<2_000 where !answer.hasSuffix("}") {
            loop.turn(waits: false)
            answer += peer.takeText()
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix(#"{"hello":"you"}"#))
    }

    // MARK: - EventLoopBackend

    @Test("The backend that counts conforms", arguments: BackendConformance.checks)
    func backend(_ check: ConformanceCheck<BackendConformance>) throws {
        let descriptors = VirtualDescriptors()
        let clock = VirtualClock()
        try check.run(
            on: BackendConformance(
                backend: {
                    CountingBackend(ScriptedBackend(clock: clock, descriptors: descriptors))
                },
                pair: { _ in InMemoryTransport.pair(descriptors: descriptors) },
                passTime: { _, duration in clock.advance(by: duration) }))
    }

    @Test("The backend that counts, counts")
    func backendCounts() throws {
        let descriptors = VirtualDescriptors()
        let backend = CountingBackend(ScriptedBackend(descriptors: descriptors))
        let listener = InMemoryListener(descriptors: descriptors)
        let loop = try makeEchoLoop(backend, listener)
        let peer = listener.connect()
        loop.turn(waits: false)
        peer.send("x")
        loop.turn(waits: false)
        #expect(backend.waitCount == 2)
        #expect(backend.eventCount >= 2)
        #expect(peer.takeText() == "x")
    }

    // MARK: - HTTP

    @Test(
        "The router without parameters finds the last of equal routes, refuses a method, and does not find"
    )
    func router() throws {
        var router = ExactRouter<Int>()
        try router.add(.get, RoutePattern("/a"), 0)
        try router.add(.get, RoutePattern("/a"), 1)
        try router.add(nil, RoutePattern("/b"), 2)
        #expect(Self.describe(router.match(.get, path: "/a".utf8.span)) == "found 1")
        #expect(Self.describe(router.match(.post, path: "/a".utf8.span)) == #"allowed ["GET"]"#)
        #expect(Self.describe(router.match(.post, path: "/b".utf8.span)) == "found 2")
        #expect(Self.describe(router.match(.get, path: "/c".utf8.span)) == "not found")
    }

    private static func describe(_ match: RouteMatch<Int>) -> String {
        switch match {
        case .found(let value, _): "found \(value)"
        case .methodNotAllowed(let methods): "allowed \(methods.map(\.httpMethod.rawValue))"
        case .notFound: "not found"
        case .malformed: "malformed"
        }
    }

    @Test("The middleware lets only those pass who know the token, and the handler answers them")
    func middleware() async throws {
        let host = try TestHost()
        let app = createApp()
        app.use(BearerToken(token: "open sesame"))
        let health = Health(version: "1.2")
        app.get("/health") { try await health.respond(to: $0, response: $1) }
        try await host.run { try await app.serve(on: host.loops) }
        let client = try TestHTTP(host)
        let refused = try await client.request("GET", "/health")
        #expect(refused.status == 401)
        #expect(refused.field("WWW-Authenticate") == "Bearer")
        let answered = try await client.request(
            "GET", "/health", fields: [("Authorization", "Bearer open sesame")])
        #expect(answered.status == 200)
        #expect(answered.text == "healthy, version 1.2\n")
    }

    // MARK: - WebSocketExtension

    @Test("The extension is agreed on, encodes what is sent, and decodes what comes")
    func flippedBits() throws {
        let now = MonotonicInstant(nanoseconds: 0)
        #expect(FlippedBits(offered: []) == nil)
        let flipped = try #require(FlippedBits(offered: [ExtensionOffer(FlippedBits.name)]))
        var server = WebSocketSession(role: .server, extension: flipped, now: now)
        var wire = ByteBuffer()
        server.send(.binary, [0x0F, 0x00].span, into: &wire)
        #expect(wire.copied() == [0xC2, 2, 0xF0, 0xFF])

        wire.removeAll()
        var client = WebSocketSession(role: .client, extension: flipped, now: now)
        client.send(.text, [UInt8]("Hi".utf8).span, maskingKey: 0x0102_0304, into: &wire)
        var offset = 0
        let step = wire.withMutableSpan { server.next(&$0, from: &offset, now: now) }
        #expect(step == .message(.text, .assembled))
        let message = server.takePayload().copied()
        #expect(message == [UInt8]("Hi".utf8))
    }

    // MARK: - Rooms

    @Test("The store in a file conforms, and an app finds its rooms again after a restart")
    func store() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rnode-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await RoomStoreConformance.check {
            FileRoomStore(file: folder.appending(path: "\(UUID()).json").path())
        }
        let file = folder.appending(path: "rooms.json").path()
        try await RoomStoreConformance.checkReopening { FileRoomStore(file: file) }

        let kept = folder.appending(path: "kept.json").path()
        let before = createApp { $0.store = FileRoomStore(file: kept) }
        let id = try await before.createRoom("general", description: "Everybody is here")
        let host = try TestHost()
        let after = createApp { $0.store = FileRoomStore(file: kept) }
        try await host.run { try await after.serve(on: host.loops) }
        let room = try await host.run { await after.getRoomInfo(id) }
        #expect(room?.name == "general")
        #expect(room?.description == "Everybody is here")
    }

    @Test(
        "The broker between nodes of one process conforms, and carries a message to the others only"
    )
    func broker() async throws {
        try await RoomBrokerConformance.check { count in
            let crossing = Crossing()
            return (0..<count).map { _ in CrossingBroker(crossing) }
        }
        let crossing = Crossing()
        let here = CrossingBroker(crossing)
        let there = CrossingBroker(crossing)
        let (mine, theirs) = (NotedDelivery(), NotedDelivery())
        try await here.start(delivering: mine)
        try await there.start(delivering: theirs)
        let isTaken = here.publish([1, 2].span, to: RoomID(high: 0, low: 1))
        #expect(isTaken)
        #expect(mine.all.isEmpty)
        #expect(theirs.all.map(\.1) == [[1, 2]])
    }
}
