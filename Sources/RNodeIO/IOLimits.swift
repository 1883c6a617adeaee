/// What one event loop allows a connection and itself.
///
/// Checked by ``validate()`` before a loop starts; a value out of its range throws, with the field's name.
public struct IOLimits: Sendable, Equatable {
    /// Bytes one `receive` may bring. 4 KiB…1 MiB; default 64 KiB.
    public var receiveBufferBytes = 65_536
    /// Unsent bytes of a connection above which it is not read. 1 KiB…1 GiB; default 64 KiB.
    public var outputSoftMarkBytes = 65_536
    /// Unsent bytes of a connection above which messages are refused and the handler is told `overflowed`, or what the
    /// connection's ``OverflowPolicy`` says is done. Not below the soft mark; default 1 MiB. A message that finds nothing
    /// unsent is always taken.
    public var outputHardCapBytes = 1_048_576
    /// How long unsent bytes may wait while the peer takes none; then the connection is cut. 10 ms…1 h; default 30 s.
    public var outputStallTimeout = Duration.seconds(30)
    /// Connections that wait to be accepted, for each listener; the system may cap it (`somaxconn`). 1…65,535; default 4,096.
    /// What comes beyond, the kernel leaves unanswered.
    public var listenBacklog = 4_096
    /// Connections taken from one listener in one turn. 1…4,096; default 64.
    public var acceptsPerTurnMax = 64
    /// Messages or requests of one connection that a handler takes in one turn of the loop. 1…65,536; default 1,024.
    public var messagesPerTurnMax = 1_024
    /// Jobs of tasks that a loop runs in one turn, before it looks at its sockets again. 16…1,048,576; default 4,096.
    public var jobsPerTurnMax = 4_096
    /// Open connections of all loops of a group together; what comes beyond is refused. 1…16,777,216; nil, the default,
    /// is 90 % of the descriptors that the system gives the process (`RLIMIT_NOFILE`).
    public var connectionsMax: Int?
    /// Refused connections that a loop answers at a time; further ones are closed at once. 0…4,096; default 64.
    public var refusalsMax = 64
    /// Droppable items that may wait in a loop's mailbox. 1…16,777,216; default 65,536.
    public var mailboxItemsMax = 65_536
    /// How long a closed stream's peer may take to close its side too. 0…60 s; default 2 s.
    public var lingerTimeout = Duration.seconds(2)
    /// How long a listener rests when descriptors ran out, and how often it looks for free ones. 1 ms…60 s; default 100 ms.
    public var acceptBackOff = Duration.milliseconds(100)
    /// How long it rests at most, when accepting fails again and again. Not below `acceptBackOff`, up to 60 s; default 1 s.
    public var acceptBackOffMax = Duration.seconds(1)

    // More than 16 bits wrapped around in old kernels.
    static let listenBacklogRange = 1...65_535

    /// The defaults.
    public init() {}

    /// Throws ``IOLimitsError`` for the first value out of its range.
    public func validate() throws(IOLimitsError) {
        try check("receiveBufferBytes", receiveBufferBytes, 4_096...1_048_576)
        try check("outputSoftMarkBytes", outputSoftMarkBytes, 1_024...1_073_741_824)
        try check("outputHardCapBytes", outputHardCapBytes, outputSoftMarkBytes...Int.max)
        try check("outputStallTimeout", outputStallTimeout, .milliseconds(10) ... .seconds(3_600))
        try check("listenBacklog", listenBacklog, Self.listenBacklogRange)
        try check("acceptsPerTurnMax", acceptsPerTurnMax, 1...4_096)
        try check("messagesPerTurnMax", messagesPerTurnMax, 1...65_536)
        try check("jobsPerTurnMax", jobsPerTurnMax, 16...1_048_576)
        if let connectionsMax { try check("connectionsMax", connectionsMax, 1...16_777_216) }
        try check("refusalsMax", refusalsMax, 0...4_096)
        try check("mailboxItemsMax", mailboxItemsMax, 1...16_777_216)
        try check("lingerTimeout", lingerTimeout, .zero ... .seconds(60))
        try check("acceptBackOff", acceptBackOff, .milliseconds(1) ... .seconds(60))
        try check("acceptBackOffMax", acceptBackOffMax, acceptBackOff ... .seconds(60))
    }

    private func check<Value: Comparable>(
        _ field: StaticString, _ value: Value, _ range: ClosedRange<Value>
    ) throws(IOLimitsError) {
        guard !range.contains(value) else { return }
        throw IOLimitsError(field: "\(field)", value: "\(value)", range: "\(range)")
    }
}

/// A limit out of its range.
public struct IOLimitsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The field of ``IOLimits``.
    public let field: String
    /// What it held.
    public let value: String
    /// What it may hold.
    public let range: String

    /// The field, its value and its range.
    public var description: String { "IOLimits.\(field) is \(value); it must be in \(range)" }
}
