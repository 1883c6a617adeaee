import Logging
import RNodeBytes

/// What was logged, as lines: level, message, metadata.
final class NotedLog: Sendable {
    private let noted = Guarded<[String]>([])

    var lines: [String] { noted.withLock { $0 } }

    func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }

    /// A logger that writes here.
    func logger(_ level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = level
        return logger
    }

    private struct Handler: LogHandler {
        let log: NotedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            let line = (["\(event.level)", "\(event.message)"] + fields).joined(separator: " ")
            log.noted.withLock { $0.append(line) }
        }
    }
}
