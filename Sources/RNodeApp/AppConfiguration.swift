internal import FoundationEssentials
public import Logging

/// Everything an app can be told at its making; all of it has a default.
///
/// Checked when the app starts to listen: a value out of its range throws ``AppError``, with the field's name.
public struct AppConfiguration: Sendable {
    /// How many event loops run, one thread each. 1…256; default one for each core that the process may use.
    public var loops = ProcessInfo.processInfo.activeProcessorCount
    /// What the loops wait with.
    public var backend = BackendChoice.default
    /// Limits of the event loops: buffers, backpressure marks, accepts.
    public var io = IOLimits()
    /// Limits of HTTP: sizes of heads and bodies, timeouts.
    public var http = HTTPLimits()
    /// Limits of WebSocket routes that have none of their own.
    public var webSocket = WebSocketLimits()
    /// Limits of what all connections together hold in memory.
    public var memory = MemoryLimits()
    /// Limits of rooms.
    public var rooms = RoomLimits()
    /// Limits of JSON in control messages and request bodies.
    public var json = JSONLimits()
    /// How long the handshake and onConnect may take together. 10 ms…1 h; default 10 s. Beyond: 503.
    public var handshakeTimeout = Duration.seconds(10)
    /// Bytes a client may send before its 101. 1…1 MiB; default 16 KiB. Beyond: 400.
    public var bytesBeforeOpenMax = 16_384
    /// Bytes of messages, inflated, after which the rest of what a connection sent is left to the next turn of its loop.
    /// 1…1 GiB; default 256 KiB. Beside ``/RNodeIO/IOLimits/messagesPerTurnMax``.
    public var messageBytesPerTurnMax = 262_144
    /// Bytes of a room's messages that a loop gathers in a turn; with more they go out at once, and not at its end.
    /// 1…1 GiB; default 256 KiB.
    public var gatheredBytesMax = 262_144
    /// Messages of a loop that wait for the registry to find their room: such as nobody on the loop is in. 1…1,048,576;
    /// default 1,024. Beyond: dropped and counted, and `publish` says false.
    public var lookUpsMax = 1_024
    /// Files that are read at a time, for responses of all loops. 1…1,024; default half as many as cores, and at least one.
    ///
    /// A read blocks one of the threads that all async code shares, of which there is one for each core: so some are left.
    public var fileReadsMax = max(ProcessInfo.processInfo.activeProcessorCount / 2, 1)
    /// Requests for files that wait until others are read. 0…65,536; default 1,024. Beyond: 503 with `Retry-After`.
    public var fileReadsWaitingMax = 1_024
    /// `message_blocked` notices that a connection gets a second for messages without an `id`; each with one is answered.
    /// 1…1,000; default 10. Beyond: counted only.
    public var blockedNoticesPerSecondMax = 10
    /// How old a WebSocket connection may grow, ±10 %; then it is closed with 1001. nil for any age, or 1 s…365 days; default nil.
    ///
    /// So that clients are spread anew over servers that came later.
    public var connectionAgeMax: Duration?
    /// Open connections that one remote address may have: an IPv4 address, or the /64 of an IPv6 one. 1…1,048,576; nil, the
    /// default, for no limit. Beyond: 429 with `Retry-After`, for as many at a time as ``/RNodeIO/IOLimits/refusalsMax``, and
    /// closed at once above that. A proxy in ``proxies`` is not counted, but each client that it tells of: the WebSockets
    /// that it opens. Leave it off behind any other proxy, whose address all clients bear.
    public var connectionsPerAddressMax: Int?
    /// Whose pages may open WebSocket connections.
    public var origins = OriginPolicy.sameHost
    /// The most memory for compression that connections keep to themselves, all together. 1 B…1 TiB; default 64 MiB.
    ///
    /// Counts the streams of connections with takeover and of compressed messages that arrive in pieces, not the few
    /// that a loop's connections share. Beyond: a connection opens without compression.
    public var deflateContextBytesMax = 64 << 20
    /// The hosts that requests may be for (`example.org`, `localhost:4547`); a name without a port is for all ports. Empty, the
    /// default, for any. Beyond: 421.
    ///
    /// A server that only its own machine or network can reach should list them: else any page whose name is made to point there
    /// (DNS rebinding) counts as the same host.
    public var allowedHosts: [String] = []
    /// The proxies that are believed when they tell a client's address; by default none.
    public var proxies = TrustedProxies.none
    /// What log lines show, and how often they come.
    public var logs = LogConfiguration()
    /// What supervisors are told, and the watchdog's thresholds.
    public var health = HealthConfiguration()
    /// Whether `GET /metrics` is served.
    public var metrics = false
    /// Names of rooms whose member counts are shown one by one in the metrics. Labels come from here, never from clients.
    public var metricsRooms: [String] = []
    /// How the app comes to its end.
    public var drain = DrainConfiguration()
    /// Remembers rooms across restarts.
    public var store: any RoomStore = InMemoryRoomStore()
    /// Reaches rooms' members on other nodes.
    public var broker: any RoomBroker = LocalRoomBroker()
    /// Where the room registry runs; nil lets Swift choose. A test pins it to its scripted loop.
    public var registryExecutor: (any SerialExecutor)?
    /// The wall clock in milliseconds since 1970, for rooms' timestamps; a test gives its virtual one.
    public var wallClock: @Sendable () -> Int64 = { SystemClock.wallClockMilliseconds() }
    /// Where zlib takes its memory, in tests that let it fail; nil for the C library's.
    package var zlibMemory: ZlibMemory?
    /// Where the app logs to.
    public var logger = Logger(label: "rnode")
    /// Whether it is the small app of an admin listener, whose limits nobody has chosen.
    var isAdministrative = false

    /// The defaults.
    public init() {}

    /// The defaults: for clients that are known, or kept in check by something in front.
    public static var `default`: AppConfiguration { AppConfiguration() }

    /// For servers that face strangers: the defaults, 256 connections for each address, and
    /// ``/RNodeWS/WebSocketLimits/public`` (100 messages a second, 200 at once).
    public static var `public`: AppConfiguration {
        var configuration = AppConfiguration()
        configuration.connectionsPerAddressMax = 256
        configuration.webSocket = .public
        return configuration
    }

    func validate() throws {
        try AppError.check("loops", loops, 1...256)
        try AppError.check("bytesBeforeOpenMax", bytesBeforeOpenMax, 1...1_048_576)
        try AppError.check("messageBytesPerTurnMax", messageBytesPerTurnMax, 1...(1 << 30))
        try AppError.check("gatheredBytesMax", gatheredBytesMax, 1...(1 << 30))
        try AppError.check("lookUpsMax", lookUpsMax, 1...1_048_576)
        try AppError.check("fileReadsMax", fileReadsMax, 1...1_024)
        try AppError.check("fileReadsWaitingMax", fileReadsWaitingMax, 0...65_536)
        try AppError.check("deflateContextBytesMax", deflateContextBytesMax, 1...(1 << 40))
        try AppError.check("blockedNoticesPerSecondMax", blockedNoticesPerSecondMax, 1...1_000)
        try AppError.check(
            "handshakeTimeout", handshakeTimeout, .milliseconds(10) ... .seconds(3_600))
        if let connectionsPerAddressMax {
            try AppError.check("connectionsPerAddressMax", connectionsPerAddressMax, 1...1_048_576)
        }
        try drain.validate()
        try health.validate()
        try logs.validate()
        try proxies.validate()
        if let connectionAgeMax {
            try AppError.check(
                "connectionAgeMax", connectionAgeMax, .seconds(1) ... .seconds(365 * 86_400))
        }
        if let wrong = AllowedHosts.wrongHost(allowedHosts) {
            throw AppError.configuration(
                field: "allowedHosts", "lists \(wrong); a host is like example.org")
        }
        try origins.validate(field: "origins")
        try memory.validate()
        if let field = json.invalidField {
            throw AppError.configuration(
                field: "JSONLimits.\(field.name)", "must be in \(field.range)")
        }
        try io.validate()
        try http.validate()
        try webSocket.validate()
        try rooms.validate()
    }
}

/// Which backend the loops of an app wait with.
public struct BackendChoice: Sendable, Hashable, CustomStringConvertible {
    /// Its name, as on a command line.
    public let description: String

    /// epoll(7), Linux only.
    public static let epoll = BackendChoice(description: "epoll")
    /// io_uring(7), Linux 6.0 and newer, when the package is built with the trait `IOURing`. Where it can't be had, epoll takes
    /// its place, and one line of the log says why.
    public static let ioUring = BackendChoice(description: "io_uring")
    /// poll(2), portable.
    public static let poll = BackendChoice(description: "poll")
    #if os(Linux)
        /// epoll on Linux.
        public static let `default` = epoll
    #else
        /// poll where there is no epoll.
        public static let `default` = poll
    #endif

    private init(description: String) {
        self.description = description
    }

    /// The backend with this name; nil when there is none here.
    public init?(named name: String) {
        switch name {
        case "epoll": self = .epoll
        case "io_uring": self = .ioUring
        case "poll": self = .poll
        default: return nil
        }
    }

    /// One for each of so many loops. `fallingBack` is told why it is not the one that was chosen.
    func make(
        _ count: Int, fallingBack: (IOError) -> Void
    ) throws(IOError) -> [any EventLoopBackend] {
        if self == .ioUring {
            do throws(IOError) {
                return try Self.make(count) { () throws(IOError) in try IOUring() }
            } catch {
                fallingBack(error)
                return try Self.default.make(count, fallingBack: fallingBack)
            }
        }
        #if os(Linux)
            if self == .epoll { return try Self.make(count) { () throws(IOError) in try Epoll() } }
        #endif
        return try Self.make(count) { () throws(IOError) in try Poll() }
    }

    private static func make(
        _ count: Int, _ one: () throws(IOError) -> any EventLoopBackend
    ) throws(IOError) -> [any EventLoopBackend] {
        var backends: [any EventLoopBackend] = []
        for _ in 0..<count { backends.append(try one()) }
        return backends
    }
}
