internal import Logging
internal import Synchronization

/// What the framework writes to the app's log: at the level that was set last, escaped, and each kind of line only so
/// often.
final class ServerLog: Sendable {
    private let configuration: LogConfiguration
    private let base: Logger
    /// The place of the level in `Logger.Level.allCases`.
    private let level: Atomic<Int>
    private let gates = InlineArray<8, LogGate> { _ in LogGate() }

    init(_ logger: Logger, _ configuration: LogConfiguration) {
        base = logger
        self.configuration = configuration
        level = Atomic(Self.place(of: logger.logLevel))
    }

    /// The log, at the level that was set last.
    var logger: Logger {
        var logger = base
        logger.logLevel = Logger.Level.allCases[level.load(ordering: .relaxed)]
        return logger
    }

    /// Whether events are logged; read for each event, so that a silent log costs one test.
    var isDebugging: Bool { isWritten(.debug) }

    func set(_ level: Logger.Level) {
        self.level.store(Self.place(of: level), ordering: .relaxed)
    }

    /// Writes a line, unless its level is not logged or there were enough of its kind in this second.
    func write(
        _ message: LogMessage, at now: MonotonicInstant,
        _ fields: @autoclosure () -> [String: String]
    ) {
        guard isWritten(message.level), message.rawValue < gates.count,
            let suppressed = gates[message.rawValue].admit(
                at: now, linesMax: configuration.linesPerSecondMax)
        else { return }
        var metadata: Logger.Metadata = [:]
        for (name, value) in fields() { metadata[name] = "\(LogText.escaped(value))" }
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.log(level: message.level, message.text, metadata: metadata)
    }

    /// A peer's address as the operator wants it shown.
    func peer(_ remote: String) -> String { configuration.peerAddress.text(of: remote) }

    private func isWritten(_ level: Logger.Level) -> Bool {
        self.level.load(ordering: .relaxed) <= Self.place(of: level)
    }

    private static func place(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}
