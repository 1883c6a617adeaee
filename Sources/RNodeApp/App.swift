public import Logging
internal import Synchronization

/// Makes an app. The same as `App(configuration)`, under the name of the API document.
///
/// ```swift
/// let app = createApp(metrics: true)
/// app.websocket("/chat") { $0.onMessage { event in print(event.data ?? "") } }
/// try await app.listen(port: 4547)
/// try await app.run()
/// ```
public func createApp(
    metrics: Bool = false, _ configure: (inout AppConfiguration) -> Void = { _ in }
) -> App {
    var configuration = AppConfiguration()
    configuration.metrics = metrics
    configure(&configuration)
    return App(configuration)
}

// One of the few types that own a lock (Docs/ARCHITECTURE.md names them): registration may come from anywhere.
/// A server: WebSocket routes with rooms, HTTP routes, on one or several event loops.
///
/// Routes are registered first; `listen` fixes them and throws for those that are wrong. Everything here may be called
/// from any thread or task, also from callbacks: a route's closure may capture the app, which lets its routes go once it
/// has shut down.
public final class App: Sendable {
    /// What the app was told at its making.
    public let configuration: AppConfiguration
    let registry: RoomRegistry
    let state: Guarded<State>

    /// What changes between making an app and running it.
    struct State {
        /// The routes until they are served; from then on the core has them.
        var routes = AppRoutes()
        var logger: Logger
        /// What the loops share, kept alive by them: when they have ended, the routes' closures are let go, and
        /// with them an app that its own routes captured.
        weak var core: AppCore?
        /// What was counted, for who asks after the end.
        var metrics: ServerMetrics?
        /// Whether the routes are, or were, served.
        var isServed: Bool { metrics != nil }
        /// The first `listen` while it is under way, which others wait for.
        var starting: Task<AppCore, any Error>?
        var running: RunningApp?
        var isStopped = false
        /// What it was told to listen on, with real ports.
        var addresses: [SocketAddress] = []
        /// What serves the health of this app on a listener of its own.
        var admin: App?
        /// Whom `run` tells that the app serves, and that it drains.
        var supervisor: Supervisor?
        /// The end, once it has been asked for.
        var stopping: Task<ShutdownResult, Never>?

        /// Hands the routes over to what serves them; there will be no others.
        mutating func serve(by core: AppCore) {
            self.core = core
            metrics = core.metrics
            routes = AppRoutes()
        }
    }

    /// An app; values out of range are thrown by `listen`.
    public init(_ configuration: AppConfiguration = AppConfiguration()) {
        self.configuration = configuration
        registry = RoomRegistry(
            limits: configuration.rooms, store: configuration.store,
            executor: configuration.registryExecutor,
            now: configuration.wallClock)
        state = Guarded(State(logger: configuration.logger))
    }

    // MARK: - WebSocket routes

    /// Registers a WebSocket route with the callbacks that `configure` sets.
    ///
    /// Only the events whose callback is set are run. The path may hold `{param}`s.
    public func websocket(_ path: String, _ configure: (inout WebSocketOptions) -> Void) {
        var options = WebSocketOptions()
        configure(&options)
        websocket(path, options)
    }

    /// Registers a WebSocket route with these options.
    public func websocket(_ path: String, _ options: WebSocketOptions) {
        register { routes in
            routes.add(
                WebSocketRoute(
                    path: path, number: routes.webSockets.count + 1, options: options,
                    configuration: configuration))
        }
    }

    /// Registers a raw WebSocket route: just frames, no welcome, acks or control messages.
    public func websocket(
        raw path: String, _ configure: (inout RawWebSocketOptions) -> Void
    ) {
        var options = RawWebSocketOptions()
        configure(&options)
        register { [options] routes in
            routes.add(
                WebSocketRoute(
                    rawPath: path, number: routes.webSockets.count + 1, options: options,
                    configuration: configuration))
        }
    }

    /// Changes which events of a route run, also while the server does; events without a callback stay silent.
    ///
    /// False when no WebSocket route has this path.
    @discardableResult
    public func setEnabledEvents(_ path: String, _ events: EventMask) -> Bool {
        guard let route = webSocketRoute(path) else { return false }
        route.gate.enable(events)
        return true
    }

    /// What a route does with each of the fourteen events, and how often it did; nil for no WebSocket route, and
    /// once the app has shut down.
    public func explain(_ path: String) -> RouteExplanation? {
        guard let route = webSocketRoute(path) else { return nil }
        let counted = core?.metrics.events(route: route.index)
        return RouteExplanation(
            path: path, gate: route.gate, ran: counted?.run ?? [], skipped: counted?.filtered ?? [])
    }

    private func webSocketRoute(_ path: String) -> WebSocketRoute? {
        let routes = core?.webSocketRoutes ?? state.withLock { $0.routes.webSockets }
        return routes.first { $0.path == path }
    }

    // MARK: - Registering

    func register(_ body: (inout AppRoutes) -> Void) {
        state.withLock { state in
            guard !state.isServed else {
                state.logger.error("\(AppError.alreadyListening)")
                return
            }
            body(&state.routes)
        }
    }

    /// Runs `middleware` around every HTTP handler, in the order of registration.
    public func use(_ middleware: some HTTPMiddleware) {
        register { $0.use(middleware) }
    }

    /// Runs a closure around every HTTP handler: call `next` to go on.
    public func use(_ body: @escaping ClosureMiddleware.Body) {
        use(ClosureMiddleware(body))
    }

    // MARK: - Logging

    /// Where the app logs to.
    var logger: Logger { state.withLock { $0.logger } }

    /// Changes what is logged from now on. At `debug` every event that runs is, but never a payload.
    public func setLogLevel(_ level: Logger.Level) {
        let core = state.withLock { state in
            state.logger.logLevel = level
            return state.core
        }
        core?.log.set(level)
    }

    /// The same, by the level's name (`"debug"`); an unknown one changes nothing and returns false.
    @discardableResult
    public func setLogLevel(_ level: String) -> Bool {
        guard let level = Logger.Level(rawValue: level) else { return false }
        setLogLevel(level)
        return true
    }
}
