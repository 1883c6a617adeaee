internal import Logging
internal import Synchronization

// @unchecked: `loops` is written once, before any loop runs; everything else is Sendable.
/// What all loops of a running app share: routes, rooms, who is where. Fixed once the app listens.
final class AppCore: @unchecked Sendable {
    let configuration: AppConfiguration
    let router: TrieRouter<AppRoute>
    let middleware: MiddlewareChain
    let webSocketRoutes: [WebSocketRoute]
    let hasRawRoutes: Bool
    let hasFullRoutes: Bool
    let registry: RoomRegistry
    let directory = ClientDirectory()
    let metrics: ServerMetrics
    private let baseLogger: Logger
    private(set) var loops: [AppLoop] = []
    private let stopping = Atomic(false)
    /// The place of the level in `Logger.Level.allCases`.
    private let logLevel: Atomic<Int>

    init(
        _ configuration: AppConfiguration, routes: AppRoutes, registry: RoomRegistry,
        metrics: ServerMetrics, logger: Logger
    ) {
        self.configuration = configuration
        router = routes.router
        middleware = routes.middleware
        webSocketRoutes = routes.webSockets
        hasRawRoutes = routes.webSockets.contains { $0.isRaw }
        hasFullRoutes = routes.webSockets.contains { !$0.isRaw }
        self.registry = registry
        self.metrics = metrics
        baseLogger = logger
        logLevel = Atomic(Self.place(of: logger.logLevel))
    }

    /// Gives every event loop its part of the app.
    func start(
        on eventLoops: [EventLoop], random: (Int) -> any RandomNumberGenerator
    ) {
        loops = eventLoops.map { loop in
            AppLoop(eventLoop: loop, core: self, random: random(loop.index))
        }
        for loop in loops {
            loop.eventLoop.setHandler(loop)
            loop.startMetricsBridge()
            loop.startRoomExpiry()
        }
    }

    /// Whether the app is on its way down.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func beginStopping() {
        stopping.store(true, ordering: .relaxed)
    }

    // MARK: - Logging

    /// The log, at the level that was set last.
    var logger: Logger {
        var logger = baseLogger
        logger.logLevel = Logger.Level.allCases[logLevel.load(ordering: .relaxed)]
        return logger
    }

    /// Whether events are logged; read for each event, so that a silent log costs one test.
    var isDebugging: Bool { logLevel.load(ordering: .relaxed) <= Self.place(of: .debug) }

    func setLogLevel(_ level: Logger.Level) {
        logLevel.store(Self.place(of: level), ordering: .relaxed)
    }

    private static func place(of level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }

    // MARK: - The registry

    /// Asks the registry on behalf of a connection.
    func ask(_ request: RegistryRequest, _ peer: WebSocketPeer) async -> RegistryAnswer {
        do throws(RoomError) {
            switch request {
            case .find(let id):
                guard let room = await registry.room(id) else { throw .roomNotFound }
                return .room(room)
            case .reserve(let id):
                return .seat(try await registry.reserve(peer.asMember(), in: id))
            case .confirm(let seat):
                let isListed = peer.route.announcesMembers
                return .admission(try await registry.confirm(seat, listingMembers: isListed))
            case .release(let seat):
                await registry.release(seat)
                return .done
            case .leave(let id):
                return .departure(try await registry.leave(peer.id, room: id))
            case .leaveAll:
                return .departures(await registry.leaveAll(peer.asMember()))
            }
        } catch {
            return .refused(error)
        }
    }
}
