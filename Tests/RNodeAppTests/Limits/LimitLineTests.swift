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
