@_exported public import RNodeBytes

/// What one WebSocket connection may cost, in bytes, counts and time.
///
/// A value to print: every field bears its unit in its name or its type. `validate()` throws the
/// name of the first field out of its range; nothing here ever traps.
public struct WebSocketLimits: Hashable, Sendable {
    /// The longest message in bytes, counted after any extension (1…64 MiB). Breach: close 1009.
    public var messageBytesMax = 1 << 20

    /// The longest payload of one frame in bytes as it is on the wire (1…64 MiB); nil, or no less than
    /// a message may have, for as long as a message. Breach: close 1009.
    ///
    /// A message may be longer on the wire than it is: deflate adds an eighth, a 128th and 64 bytes at most to
    /// what can't be made shorter. So long may be one frame then, and all frames of a message together.
    public var frameBytesMax: Int?

    /// How many times longer than what came an inflated message may be (1…1,000,000); nil for any.
    /// Looked at after each 16 KiB of a message. Breach: close 1009.
    ///
    /// `messageBytesMax` stops a bomb without it. zlib makes of a byte 1,032 at most.
    public var inflateRatioMax: Int?

    /// The most fragments of one message, empty ones counted (1…1,000,000). Breach: close 1008.
    public var fragmentsMax = 1024

    /// The most subprotocols, and the most extensions, looked at in a handshake (1…64).
    /// Offers beyond it are declined.
    public var offersMax = 16

    /// How long nothing may arrive before a ping is sent (10 ms…1 day); nil sends none.
    public var pingInterval: Duration? = .seconds(25)

    /// How long after a ping something must arrive (10 ms…1 hour). Breach: the connection is cut.
    public var pongTimeout: Duration = .seconds(10)

    /// How far `pingInterval` is spread between connections, in percent either way (0…50).
    public var pingJitterPercentMax = 10

    /// How long a message may stay unfinished, counted from its first byte (10 ms…1 hour).
    /// Breach: close 1008.
    public var unfinishedMessageTimeout: Duration = .seconds(30)

    /// How long the close handshake may take (10 ms…10 minutes). Breach: the connection is cut.
    public var closeTimeout: Duration = .seconds(5)

    /// The most data messages a second, after a burst (1…1,000,000); nil for no limit.
    ///
    /// What is over the rate goes no further. A session does not count: whoever drives it does.
    public var messagesPerSecondMax: Int?

    /// The most data messages at once, after a pause; only with ``messagesPerSecondMax`` (1…1,000,000).
    public var messageBurstMax = 200

    /// How long messages may go on to be over the rate, without a pause of a second (10 ms…1 hour). Breach: close 1008.
    public var rateBreachTimeout: Duration = .seconds(10)

    /// The most pings and pongs a second, after a burst (1…1,000,000). Breach: close 1008.
    ///
    /// A session does not count: whoever drives it does.
    public var controlFramesPerSecondMax = 50

    /// The most pings and pongs at once, after a pause (1…1,000,000).
    public var controlFrameBurstMax = 100

    /// The defaults.
    public init() {}

    /// The defaults.
    public static let `default` = WebSocketLimits()

    /// The defaults, with a rate of 100 messages a second and 200 at once, and an inflate ratio of 1,000: for routes that
    /// are open to strangers.
    public static let `public`: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.messagesPerSecondMax = 100
        limits.inflateRatioMax = 1_000
        return limits
    }()

    /// Throws the name and the range of the first field that is out of its range.
    public func validate() throws(WebSocketLimitError) {
        let longest = 64 << 20
        try check("messageBytesMax", messageBytesMax, 1...longest)
        if let frameBytesMax { try check("frameBytesMax", frameBytesMax, 1...longest) }
        if let inflateRatioMax { try check("inflateRatioMax", inflateRatioMax, 1...1_000_000) }
        try check("fragmentsMax", fragmentsMax, 1...1_000_000)
        try check("offersMax", offersMax, 1...64)
        try check("pingJitterPercentMax", pingJitterPercentMax, 0...50)
        if let pingInterval { try check("pingInterval", pingInterval, secondsMax: 86_400) }
        try check("pongTimeout", pongTimeout, secondsMax: 3_600)
        try check("unfinishedMessageTimeout", unfinishedMessageTimeout, secondsMax: 3_600)
        try check("closeTimeout", closeTimeout, secondsMax: 600)
        let often = 1...1_000_000
        if let messagesPerSecondMax {
            try check("messagesPerSecondMax", messagesPerSecondMax, often)
        }
        try check("messageBurstMax", messageBurstMax, often)
        try check("rateBreachTimeout", rateBreachTimeout, secondsMax: 3_600)
        try check("controlFramesPerSecondMax", controlFramesPerSecondMax, often)
        try check("controlFrameBurstMax", controlFrameBurstMax, often)
    }

    private func check(
        _ field: String, _ value: Duration, secondsMax: Int64
    ) throws(WebSocketLimitError) {
        try check(field, value, .milliseconds(10) ... .seconds(secondsMax))
    }

    private func check<Value: Comparable>(
        _ field: String, _ value: Value, _ allowed: ClosedRange<Value>
    ) throws(WebSocketLimitError) {
        guard !allowed.contains(value) else { return }
        throw WebSocketLimitError(
            type: "WebSocketLimits", field: field, value: "\(value)", allowed: "\(allowed)")
    }
}

/// A field of `WebSocketLimits` or `DeflateOptions` that is out of its range.
public struct WebSocketLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the type that has the field.
    public let type: String
    /// The field's name.
    public let field: String
    /// The value that was found.
    public let value: String
    /// The range it must lie in.
    public let allowed: String

    /// One line for the operator.
    public var description: String {
        "\(type).\(field) is \(value); it must lie in \(allowed)"
    }
}
