import Logging
import RNodeApp
import RNodeTesting
import Synchronization
import Testing

@Suite("The limits' line in the log")
struct LimitLineTests {
    @Test(arguments: [1, 3])
    func `at the start one line says the limits, and one warns of memory limits that are off`(
        loops: Int
    ) async throws {
        let lines = Lines()
        _ = try await Stage.make(loops: loops) { configuration in
            configuration.logger = lines.logger
            configuration.webSocket.messagesPerSecondMax = 7
        } _: {
            $0.websocket("/chat") { _ in }
        }
        let limits = lines.all.filter { $0.hasPrefix("info limits") }
        #expect(limits.count == 1)
        #expect(limits.first?.contains("webSocket.messagesPerSecondMax=7") == true)
        #expect(limits.first?.contains("io.outputHardCapBytes=1048576") == true)
        #expect(
            lines.all.filter { $0.hasPrefix("warning") } == [
                "warning memory limits are off fields=rooms.emptyRoomTimeToLive"
            ])
    }

    @Test func `with every memory limit on nothing is warned of`() async throws {
        let lines = Lines()
        _ = try await Stage.make { configuration in
            configuration.logger = lines.logger
            configuration.rooms.emptyRoomTimeToLive = .seconds(60)
        } _: {
            $0.websocket("/chat") { _ in }
        }
        #expect(lines.all.filter { $0.hasPrefix("warning") } == [])
    }
}

/// A log kept as lines: level, message, and the metadata by its names.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            let line = (["\(event.level)", "\(event.message)"] + fields).joined(separator: " ")
            lines.lines.withLock { $0.append(line) }
        }
    }
}
