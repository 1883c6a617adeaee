import RNodeApp
import RNodeTesting
import Testing

@Suite("The limits' line in the log")
struct LimitLineTests {
    @Test(arguments: [1, 3])
    func `at the start one line says the limits, and one warns of memory limits that are off`(
        loops: Int
    ) async throws {
        let log = NotedLog()
        _ = try await Stage.make(loops: loops) { configuration in
            configuration.logger = log.logger()
            configuration.webSocket.messagesPerSecondMax = 7
        } _: {
            $0.websocket("/chat") { _ in }
        }
        let limits = log.lines.filter { $0.hasPrefix("info limits") }
        #expect(limits.count == 1)
        #expect(limits.first?.contains("webSocket.messagesPerSecondMax=7") == true)
        #expect(limits.first?.contains("io.outputHardCapBytes=1048576") == true)
        #expect(limits.first?.contains("io.listenBacklog=4096") == true)
        for field in [
            "headerTimeout=10", "requestTimeout=60", "bodyRateWindow=10", "keepAliveTimeout=75",
        ] {
            #expect(limits.first?.contains("http.\(field).0 seconds") == true, "\(field)")
        }
        #expect(limits.first?.contains("Nanoseconds") == false)
        #expect(
            log.lines.filter { $0.hasPrefix("warning") } == [
                "warning memory limits are off fields=rooms.emptyRoomTimeToLive"
            ])
    }

    private static let policies: [(SlowConsumerPolicy, String)] = [
        (.close, "close"), (.dropOldest, "dropOldest"), (.dropNewest, "dropNewest"),
        (.conflate { _ in nil }, "conflate"),
    ]

    @Test(arguments: policies)
    func `the line says of each route what it does with slow consumers`(
        policy: SlowConsumerPolicy, name: String
    ) async throws {
        let line = try await line { app in
            app.websocket("/chat") { $0.slowConsumers = policy }
            app.websocket(raw: "/raw") { $0.slowConsumers = policy }
        }
        for path in ["/chat", "/raw"] {
            #expect(line.contains("\(path).slowConsumers=\(name)"))
        }
    }

    @Test func `the line says of each route whether it compresses, and how`() async throws {
        let line = try await line { app in
            app.websocket("/plain") { _ in }
            app.websocket(raw: "/raw") { $0.compression = DeflateOptions() }
        }
        #expect(line.contains("/plain.compression=off"))
        #expect(line.contains("/raw.compression.level=1"))
        #expect(!line.contains("/plain.compression.") && !line.contains("/raw.compression=off"))
    }

    private static let origins: [(OriginPolicy, String)] = [
        (.sameHost, "sameHost"), (.any, "any"),
        (.allow(["https://a.example", "https://b.example"]), "sameHost and 2 listed"),
    ]

    @Test(arguments: origins)
    func `the line says whose pages may connect, and of a route where that differs`(
        policy: OriginPolicy, summary: String
    ) async throws {
        let line = try await line({ $0.origins = policy }) { app in
            app.websocket("/chat") { _ in }
            app.websocket("/open") { $0.origins = .any }
        }
        #expect(line.contains(" origins=\(summary)"))
        #expect(!line.contains("/chat.origins"))
        #expect(line.contains("/open.origins=any") == (policy != .any))
        #expect(!line.contains("example"), "no origin by its name")
    }

    /// The line, between two spaces.
    private func line(
        _ adjust: (inout AppConfiguration) -> Void = { _ in }, _ register: (App) -> Void
    ) async throws -> String {
        let log = NotedLog()
        _ = try await Stage.make { configuration in
            configuration.logger = log.logger()
            adjust(&configuration)
        } _: {
            register($0)
        }
        let lines = log.lines.filter { $0.hasPrefix("info limits") }
        #expect(lines.count == 1)
        return " \(lines.first ?? "") "
    }

    @Test func `with every memory limit on nothing is warned of`() async throws {
        let log = NotedLog()
        _ = try await Stage.make { configuration in
            configuration.logger = log.logger()
            configuration.rooms.emptyRoomTimeToLive = .seconds(60)
        } _: {
            $0.websocket("/chat") { _ in }
        }
        #expect(log.lines.filter { $0.hasPrefix("warning") } == [])
    }
}
