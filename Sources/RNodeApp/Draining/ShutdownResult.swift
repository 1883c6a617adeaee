/// How an app came to its end.
public struct ShutdownResult: Sendable, Hashable {
    /// Connections that had not closed when the time was over, and were cut.
    public let cutConnections: Int
    /// The second signal, which ended the waiting.
    let secondSignal: ProcessSignal?

    init(cutConnections: Int, secondSignal: ProcessSignal? = nil) {
        self.cutConnections = cutConnections
        self.secondSignal = secondSignal
    }

    /// Whether every connection had closed in time.
    public var isClean: Bool { cutConnections == 0 && secondSignal == nil }

    /// Whether a second SIGTERM or SIGINT came before the first was served: the process is to end now.
    public var isAbandoned: Bool { secondSignal != nil }

    /// What the process should exit with: 0 when clean, 3 when the deadline cut somebody, 143 or 130 for a second
    /// SIGTERM or SIGINT.
    public var exitCode: Int32 {
        if let secondSignal { return secondSignal.exitCode }
        return isClean ? 0 : 3
    }
}
