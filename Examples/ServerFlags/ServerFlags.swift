public import ArgumentParser
import FoundationEssentials
public import Logging
public import RNodeApp

/// The flags that every server of this package has.
public struct ServerFlags: ParsableArguments {
    /// Address to listen on.
    @Option(help: "Address to listen on.")
    public var host = "127.0.0.1"

    /// Port to listen on; 0 takes a free one.
    @Option(help: "Port to listen on; 0 takes a free one.")
    public var port = 4547

    /// Event loops; by default one per core.
    @Option(help: "Event loops; by default one per core.")
    public var loops: Int?

    /// What the loops wait with: epoll, io_uring or poll.
    @Option(help: "What the loops wait with: epoll, io_uring or poll.")
    public var backend: BackendChoice = .default

    /// Seconds a request's head may take.
    @Option(help: "Seconds a request's head may take.")
    public var headerTimeout: Seconds?

    /// Seconds a whole request may take.
    @Option(help: "Seconds a whole request may take.")
    public var bodyTimeout: Seconds?

    /// Seconds of silence after which a WebSocket ping is sent.
    @Option(help: "Seconds of silence after which a WebSocket ping is sent.")
    public var pingInterval: Seconds?

    /// Seconds within which a ping must be answered.
    @Option(help: "Seconds within which a ping must be answered.")
    public var pingTimeout: Seconds?

    /// Seconds between JSON pings.
    @Option(help: "Seconds between JSON pings.")
    public var jsonPingInterval: Seconds?

    /// Biggest WebSocket message, in bytes.
    @Option(help: "Biggest WebSocket message, in bytes.")
    public var maxMessage: Int?

    /// An origin whose pages may connect, beside the server's own; repeatable.
    @Option(help: "An origin whose pages may connect, beside the server's own; repeatable.")
    public var allowOrigin: [String] = []

    /// A host that requests may be for; repeatable. Any, when none is given.
    @Option(help: "A host that requests may be for; repeatable. Any, when none is given.")
    public var allowHost: [String] = []

    /// A network of proxies whose X-Forwarded-For is believed; repeatable.
    @Option(help: "A network of proxies whose X-Forwarded-For is believed; repeatable.")
    public var trustProxy: [String] = []

    /// Seconds that clients are still accepted after SIGTERM, while /readyz says 503.
    @Option(help: "Seconds that clients are still accepted after SIGTERM, while /readyz says 503.")
    public var preStopDelay: Seconds?

    /// Seconds that the end may take; then what is left is cut.
    @Option(help: "Seconds that the end may take; then what is left is cut.")
    public var drainDeadline: Seconds?

    /// Where /livez, /readyz and /metrics are served instead, as 127.0.0.1:9000.
    @Option(help: "Where /livez, /readyz and /metrics are served instead, as 127.0.0.1:9000.")
    public var admin: String?

    /// A file that holds the log level, read again at SIGHUP.
    @Option(help: "A file that holds the log level, read again at SIGHUP.")
    public var logLevelFile: String?

    /// What is logged: trace, debug, info, notice, warning, error or critical.
    @Option(help: "What is logged: trace, debug, info, notice, warning, error or critical.")
    public var logLevel: Logger.Level = .info

    /// All flags at their defaults.
    public init() {}

    /// An app as the flags want it.
    ///
    /// `adjust` may change further what the flags have set.
    public func makeApp(_ adjust: (inout AppConfiguration) -> Void = { _ in }) -> App {
        createApp(metrics: true) { configuration in
            configure(&configuration)
            adjust(&configuration)
        }
    }

    private func configure(_ configuration: inout AppConfiguration) {
        configuration.logger.logLevel = logLevel
        if let loops { configuration.loops = loops }
        configuration.backend = backend
        if let headerTimeout { configuration.http.headerTimeout = headerTimeout.duration }
        if let bodyTimeout { configuration.http.requestTimeout = bodyTimeout.duration }
        if let pingInterval { configuration.webSocket.pingInterval = pingInterval.duration }
        if let pingTimeout { configuration.webSocket.pongTimeout = pingTimeout.duration }
        if let maxMessage { configuration.webSocket.messageBytesMax = maxMessage }
        if !allowOrigin.isEmpty { configuration.origins = .allow(allowOrigin) }
        configuration.allowedHosts = allowHost
        configuration.proxies = TrustedProxies(trustProxy)
        if let preStopDelay { configuration.drain.preStopDelay = preStopDelay.duration }
        if let drainDeadline { configuration.drain.deadline = drainDeadline.duration }
        configuration.health.adminListener = admin.flatMap { SocketAddress(parsing: $0) }
    }

    /// Refuses what a flag's type can't.
    public func validate() throws {
        if let admin, SocketAddress(parsing: admin) == nil {
            throw ValidationError("--admin is \(admin); an address is like 127.0.0.1:9000")
        }
    }

    /// Listens on the sockets that were opened for this process, else where the flags say; tells where, and serves until a
    /// signal; then throws the exit code that the end calls for.
    public func serve(_ app: App) async throws {
        let (host, port) = (host, port)
        try await serve(app) { app in
            let addresses = try await app.listenOnInheritedSockets()
            guard addresses.isEmpty else { return addresses }
            return [try await app.listen(host: host, port: port)]
        }
    }

    /// The same where `listen` has the app listen elsewhere, and says where that is.
    public func serve(
        _ app: App, listen: @escaping @Sendable (App) async throws -> [SocketAddress]
    ) async throws {
        let file = logLevelFile
        let result = try await app.run {
            for address in try await listen(app) { print("Serving at http://\(address)") }
        } onReload: { app in
            guard let file, let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                return
            }
            app.setLogLevel(text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
        }
        if result.exitCode != 0 { throw ExitCode(result.exitCode) }
    }
}

/// A time in seconds, with fractions.
public struct Seconds: ExpressibleByArgument {
    /// The time.
    public let duration: Duration

    /// The time that a flag's text says; nil for no number, or none in 0...86,400.
    public init?(argument: String) {
        guard let seconds = Double(argument), seconds >= 0, seconds <= 86_400 else { return nil }
        duration = .milliseconds(Int64(seconds * 1_000))
    }
}

extension BackendChoice: ExpressibleByArgument {
    /// The backend that a flag names.
    public init?(argument: String) {
        self.init(named: argument)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
