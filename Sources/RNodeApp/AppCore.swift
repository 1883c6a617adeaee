internal import Logging
internal import Synchronization

// @unchecked: `places` is written once, before any loop runs; everything else is Sendable.
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
    /// What all connections together may hold, in this cgroup.
    let memory: MemoryLimits
    /// How many connections each address has; nil where they are not counted.
    let perAddress: ConnectionsPerAddress?
    private let baseLogger: Logger
    private var places: [Place] = []

    /// A loop's part of the app, kept alive by its event loop until that ends.
    private struct Place {
        weak var loop: AppLoop?
    }
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
        memory = configuration.memory.within(cgroupBytes: CgroupMemory.limitBytes())
        perAddress = configuration.connectionsPerAddressMax.map { ConnectionsPerAddress(max: $0) }
        baseLogger = logger
        logLevel = Atomic(Self.place(of: logger.logLevel))
    }

    /// Gives every event loop its part of the app.
    func start(
        on eventLoops: [EventLoop], random: (Int) -> any RandomNumberGenerator
    ) {
        let loops = eventLoops.map { loop in
            AppLoop(eventLoop: loop, core: self, random: random(loop.index))
        }
        places = loops.map { Place(loop: $0) }
        logLimits()
        for loop in loops {
            loop.eventLoop.setHandler(loop)
            loop.startMetricsBridge()
            loop.startRoomExpiry()
        }
    }

    /// How many loops there are, those that have ended too.
    var loopCount: Int { places.count }

    /// The loop with this number, unless it has ended.
    func loop(_ number: Int) -> AppLoop? {
        places.indices.contains(number) ? places[number].loop : nil
    }

    /// The loops that have not ended.
    var loops: [AppLoop] { places.compactMap(\.loop) }

    /// Whether the app is on its way down.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func beginStopping() {
        stopping.store(true, ordering: .relaxed)
    }

    // MARK: - Logging

    /// Says once, at the start, which limits are in effect.
    private func logLimits() {
        logger.info(
            "limits", metadata: configuration.limitReport(memory, routes: webSocketRoutes))
        let off = configuration.memoryLimitsOff
        guard !off.isEmpty else { return }
        logger.warning(
            "memory limits are off", metadata: ["fields": "\(off.joined(separator: " "))"])
    }

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
