import RNodeIO
import RNodeTesting
import Testing

@testable import RNodeApp

/// Breaches that take more than one request: of connections that are open, of what all hold together, and of time.
@Suite("Each limit's breaches are counted by its name, also those that take a story")
struct LimitBreachTests {
    /// How a limit is passed once.
    struct Breach: Sendable, CustomTestStringConvertible {
        let label: String
        let adjust: @Sendable (inout AppConfiguration) -> Void
        let story: @Sendable (Stage) async throws -> Void

        var testDescription: String { label }

        init(
            _ label: String,
            _ adjust: @escaping @Sendable (inout AppConfiguration) -> Void = { _ in },
            _ story: @escaping @Sendable (Stage) async throws -> Void
        ) {
            self.label = label
            self.adjust = adjust
            self.story = story
        }
    }

    /// A peer that takes this much, and then reads nothing.
    private static let slow = StreamShape(windowBytes: 256)

    /// The first bytes of a masked text of a mebibyte, so many of them `sent`.
    private static func unfinished(sent: Int) -> [UInt8] {
        [0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 0x61, count: sent)
    }

    private static func upgrade(_ target: String) -> String {
        TimeTests.upgrade.replacing("/chat", with: target)
    }

    // MARK: - Opening

    static let openings = [
        Breach("handshake_timeout") { stage in
            try stage.host.connect().send(upgrade("/slow"))
            await stage.host.advance(by: .seconds(11))
        },
        Breach("bytes_before_open_max", { $0.bytesBeforeOpenMax = 1_024 }) { stage in
            let early = [UInt8](repeating: 0x81, count: 1_025)
            try stage.host.connect().send(Array(upgrade("/slow").utf8) + early)
            await stage.host.settle()
        },
        Breach("connections_max", { $0.io.connectionsMax = 1 }) { stage in
            _ = try await stage.client()
            let second = try TestHTTP(stage.host)
            #expect(try await second.request("GET", "/livez").status == 503)
        },
        Breach("connections_per_address_max", { $0.connectionsPerAddressMax = 1 }) { stage in
            _ = try await stage.client()
            let second = try TestHTTP(stage.host)
            #expect(try await second.request("GET", "/livez").status == 429)
        },
        Breach("deflate_context_bytes_max", { $0.deflateContextBytesMax = 1 }) { stage in
            let client = try await TestWebSocket.open(stage.host, "/raw", compression: keeping)
            #expect(client.compression == nil)
        },
    ]

    private static var keeping: DeflateOptions {
        var options = DeflateOptions()
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        return options
    }

    // MARK: - WebSocket

    static let sockets = [
        Breach("inflate_ratio_max", { $0.webSocket.inflateRatioMax = 10 }) { stage in
            let client = try await TestWebSocket.open(stage.host, "/raw", compression: keeping)
            client.send([UInt8](repeating: 0, count: 100_000))
            #expect(
                try await client.next() == .close(.messageTooBig, "message inflates too far"))
        },
        Breach("unfinished_message_timeout") { stage in
            let ada = try await stage.client()
            ada.socket.peer.send(unfinished(sent: 1))
            await stage.host.advance(by: .seconds(31))
            #expect(
                await ada.socket.all().last
                    == .close(.policyViolation, "message not finished in time"))
        },
        Breach("pong_timeout") { stage in
            let ada = try await stage.client()
            await stage.host.advance(by: .seconds(28))
            #expect(await ada.socket.all() == [.ping([])])
            await stage.host.advance(by: .seconds(12))
            #expect(ada.socket.peer.isFinished)
        },
        Breach("close_timeout") { stage in
            let ada = try await stage.client()
            ada.send("close")
            // It does not read, so it does not answer.
            await stage.host.advance(by: .milliseconds(4_900))
            #expect(!ada.socket.peer.isFinished)
            await stage.host.advance(by: .milliseconds(200))
            #expect(ada.socket.peer.isFinished)
        },
        Breach("connection_age_max", { $0.connectionAgeMax = .seconds(10) }) { stage in
            let ada = try await stage.client()
            await stage.host.advance(by: .milliseconds(11_100))
            #expect(await ada.socket.all() == [.close(.goingAway, "connection too old")])
        },
        Breach("blocked_notices_per_second_max", { $0.blockedNoticesPerSecondMax = 2 }) { stage in
            let ada = try await stage.client()
            for _ in 0..<3 { ada.send("block") }
            #expect(await ada.socket.all().count == 2)
        },
        Breach("message_id_bytes") { stage in
            let ada = try await stage.client()
            let id = String(repeating: "x", count: 65)
            ada.send(#"{"type":"message_ack","id":"\#(id)"}"#)
            #expect(try await ada.next("error")["error_type"] == "validation_error")
        },
        Breach("rooms_per_connection_max", { $0.rooms.roomsPerConnectionMax = 1 }) { stage in
            let ada = try await stage.client()
            try await ada.join(try await stage.room("one"))
            let room = try await stage.room("two")
            ada.send(#"{"type":"join_room","room_id":"\#(room)"}"#)
            #expect(try await ada.next("error")["error_type"] == "too_many_rooms")
        },
        Breach("look_ups_max", { $0.lookUpsMax = 3 }) { stage in
            let ada = try await stage.client()
            ada.send("publish " + (try await stage.room()))
            try await ada.next("message_ack")
        },
    ]

    // MARK: - Memory and queues

    static let memory = [
        Breach("output_hard_cap_bytes", { $0.webSocket.messageBytesMax = 2_048 }) { stage in
            let ada = try await stage.client(shape: slow)
            ada.send("1100")
            await stage.host.settle()
        },
        Breach("output_stall_timeout", { $0.webSocket.pingInterval = nil }) { stage in
            let ada = try await stage.client(shape: slow)
            ada.send("100")
            await stage.host.advance(by: .seconds(31))
        },
        Breach("outbound_bytes_max", { $0.memory.outboundBytesMax = 100_000 }) { stage in
            for _ in 0..<2 { try await stage.client(shape: slow).send("60") }
            await stage.host.settle()
        },
        Breach("unfinished_bytes_max", { $0.memory.unfinishedBytesMax = 100_000 }) { stage in
            for sent in [60_000, 50_000] {
                try await stage.client().socket.peer.send(unfinished(sent: sent))
            }
            await stage.host.settle()
        },
        Breach(
            "file_reads_waiting_max",
            {
                $0.fileReadsMax = 1
                $0.fileReadsWaitingMax = 0
            }
        ) { stage in
            let reads = try #require(stage.app.core?.fileReads)
            #expect(await reads.begin())
            #expect(try await TestHTTP(stage.host).request("GET", "/file").status == 503)
            reads.end()
        },
    ]

    // MARK: - Rooms, JSON and the end

    static let others = [
        Breach("room_description_bytes_max", { $0.rooms.roomDescriptionBytesMax = 4 }) { stage in
            let app = stage.app
            await #expect(throws: RoomError.self) {
                try await stage.host.run { try await app.createRoom("room", description: "12345") }
            }
        },
        Breach("room_metadata_bytes_max", { $0.rooms.roomMetadataBytesMax = 4 }) { stage in
            let app = stage.app
            await #expect(throws: RoomError.self) {
                try await stage.host.run {
                    try await app.createRoom("room", metadata: ["key": "value"])
                }
            }
        },
        Breach("empty_room_time_to_live", { $0.rooms.emptyRoomTimeToLive = .seconds(8) }) { stage in
            _ = try await stage.room()
            await stage.host.advance(by: .seconds(11))
        },
        Breach("json_keys_max", { $0.json.keysMax = 1 }) { stage in
            let status = try await post(#"{"a":1,"b":2}"#, stage)
            #expect(status == 400)
        },
        Breach("json_number_digits_max", { $0.json.numberDigitsMax = 2 }) { stage in
            let status = try await post("123", stage)
            #expect(status == 400)
        },
        Breach("drain_deadline", { $0.drain.deadline = .seconds(4) }) { stage in
            let ada = try await stage.client()
            let end = try await stage.beginDrain()
            // It does not answer the 1001.
            await stage.host.advance(by: .seconds(5))
            #expect(try await stage.result(end).cutConnections == 1)
            #expect(ada.socket.peer.isFinished)
        },
    ]

    private static func post(_ json: String, _ stage: Stage) async throws -> Int {
        try await TestHTTP(stage.host).request(
            "POST", "/json", fields: [("Content-Type", "application/json")], body: json
        ).status
    }

    // MARK: - The tests

    @Test(
        "A breach counts one, and nothing else",
        arguments: openings + sockets + memory + others)
    func breaches(_ breach: Breach) async throws {
        let gate = Gate()
        let (stage, core) = try await Self.stage(gate, breach.adjust)
        try await breach.story(stage)
        #expect(Self.counts(core) == [breach.label: 1])
        gate.open()
        await stage.host.settle()
    }

    /// These have tests of their own, in other suites too.
    private static let elsewhere = [
        "frame_bytes_max", "message_bytes_max", "fragments_max", "control_frame_bytes",
        "control_frames_per_second_max", "messages_per_second_max", "rate_breach_timeout",
        "rooms_per_process_max", "room_name_bytes_max", "mailbox_items_max",
    ]

    @Test("There is no name without a breach that is counted by it")
    func namesAreTested() {
        let breaches = Self.openings + Self.sockets + Self.memory + Self.others
        let tested = LimitCountTests.cases.map(\.label) + breaches.map(\.label) + Self.elsewhere
        #expect(tested.sorted() == LimitName.allCases.map(\.label).sorted())
    }

    @Test("Closes of a drain are counted by their code, and are no breach of a limit")
    func drainCloses() async throws {
        let (stage, core) = try await Self.stage(Gate()) { _ in }
        var clients: [Client] = []
        for _ in 0..<3 { clients.append(try await stage.client()) }
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(10))
        #expect(await stage.answerCloses(of: clients) == 3)
        #expect(try await stage.result(end).isClean)
        let closes = core.metrics.snapshot(rooms: 0, roomConnections: 0).closes
        let counted = zip(CloseCodeLabel.labels, closes).filter { $0.1 > 0 }
        #expect(counted.map(\.0) == ["1001"] && counted.map(\.1) == [3])
        #expect(Self.counts(core) == [:])
    }

    /// What was counted, also of what the metrics page adds from elsewhere.
    private static func counts(_ core: AppCore) -> [String: Int] {
        var snapshot = core.metrics.snapshot(rooms: 0, roomConnections: 0)
        core.addLimits(to: &snapshot)
        var counts: [String: Int] = [:]
        for limit in LimitName.allCases where snapshot.limits[limit.rawValue] != 0 {
            counts[limit.label] = snapshot.limits[limit.rawValue]
        }
        return counts
    }

    private static func stage(
        _ gate: Gate, _ adjust: @Sendable (inout AppConfiguration) -> Void
    ) async throws -> (Stage, AppCore) {
        var configuration = AppConfiguration()
        adjust(&configuration)
        let stage = try await Stage.make(io: configuration.io) {
            $0.metrics = true
            adjust(&$0)
        } _: { app in
            register(on: app, gate)
        }
        return (stage, try #require(stage.app.core))
    }

    private static func register(on app: App, _ gate: Gate) {
        app.websocket("/chat") { route in
            route.jsonPingInterval = nil
            route.onMessage { event in
                let words = (event.data ?? "").split(separator: " ")
                switch words.first {
                case "block": return .cancel("no")
                case "close": event.connection.close()
                case "publish":
                    for _ in 0..<4 { event.connection.publish("x", to: String(words[1])) }
                default:
                    // As many kibibytes as it is told.
                    let kibibyte = String(repeating: "x", count: 1_024)
                    for _ in 0..<(Int(event.data ?? "") ?? 0) { event.connection.send(kibibyte) }
                }
                return nil
            }
        }
        app.websocket("/slow") { route in
            route.onConnect { _ async in
                await gate.pass()
                return nil
            }
        }
        app.websocket(raw: "/raw") { route in
            route.compression = keeping
            route.onMessage { _, _, _ in }
        }
        app.get("/file") { $1.file("ten", root: "/nowhere") }
        app.post("/json") { request, response in
            struct Anything: Decodable {}
            _ = try request.getBodyAsJson(as: Anything.self)
            response.text("never")
        }
    }
}
