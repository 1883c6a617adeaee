internal import Logging
internal import Synchronization

// @unchecked: `places` is written once, before any loop runs; everything else is Sendable.
/// What all loops of a running app share: routes, rooms, who is where. Fixed once the app listens.
final class AppCore: @unchecked Sendable {
    let configuration: AppConfiguration
    let router: TrieRouter<AppRoute>
    /// Of the HTTP limits what each answer asks for.
    let keepAlive: KeepAliveLimits
    let middleware: MiddlewareChain
    let webSocketRoutes: [WebSocketRoute]
    let hasRawRoutes: Bool
    let hasFullRoutes: Bool
    let registry: RoomRegistry
    let directory = ClientDirectory()
    let deflateBudget: DeflateBudget
    let metrics: ServerMetrics
    let fileReads: FileReads
    let log: ServerLog
    let hosts: AllowedHosts
    /// How long a turn takes that is logged.
    let blockedLogNanoseconds: Int64
    /// What all connections together may hold, in this cgroup.
    let memory: MemoryLimits
    /// How many connections each address has; nil where they are not counted.
    let perAddress: ConnectionsPerAddress?
    private var places: [Place] = []

    /// A loop's part of the app, until that loop ends. Not a weak reference: whoever is referred to weakly once, pays for
    /// it at each retain.
    private final class Place: Sendable {
        let loop: Guarded<AppLoop?>

        init(_ loop: AppLoop) {
            self.loop = Guarded(loop)
        }
    }
    private let stage = Atomic(DrainStage.serving.rawValue)
    private let drainBegan = Atomic(Int64.max)

    init(
        _ configuration: AppConfiguration, routes: AppRoutes, registry: RoomRegistry,
        metrics: ServerMetrics, logger: Logger
    ) {
        self.configuration = configuration
        router = routes.router
        keepAlive = KeepAliveLimits(configuration.http)
        middleware = routes.middleware
        webSocketRoutes = routes.webSockets
        hasRawRoutes = routes.webSockets.contains { $0.isRaw }
        hasFullRoutes = routes.webSockets.contains { !$0.isRaw }
        self.registry = registry
        deflateBudget = DeflateBudget(
            bytesMax: configuration.deflateContextBytesMax, memory: configuration.zlibMemory)
        self.metrics = metrics
        fileReads = FileReads(
            max: configuration.fileReadsMax, waitingMax: configuration.fileReadsWaitingMax)
        log = ServerLog(logger, configuration.logs)
        hosts = AllowedHosts(configuration.allowedHosts)
        blockedLogNanoseconds = configuration.health.blockedLogThreshold.nanosecondsClamped
        memory = configuration.memory.within(cgroupBytes: CgroupMemory.limitBytes())
        perAddress = configuration.connectionsPerAddressMax.map { ConnectionsPerAddress(max: $0) }
    }

    /// Gives every event loop its part of the app.
    func start(
        on eventLoops: [EventLoop], random: (Int) -> any RandomNumberGenerator
    ) {
        let loops = eventLoops.map { loop in
            AppLoop(eventLoop: loop, core: self, random: random(loop.index))
        }
        places = loops.map { Place($0) }
        if !configuration.isAdministrative { logLimits() }
        for loop in loops {
            loop.eventLoop.setHandler(loop)
            loop.startMetricsBridge()
            loop.startRoomExpiry()
        }
    }

    /// What is registered for `path`.
    func route(_ method: RequestMethod, _ path: Span<UInt8>) -> RouteMatch<AppRoute> {
        router.match(method, path: path)
    }

    /// How many loops there are, those that have ended too.
    var loopCount: Int { places.count }

    /// The loop with this number, unless it has ended.
    func loop(_ number: Int) -> AppLoop? {
        places.indices.contains(number) ? places[number].loop.withLock { $0 } : nil
    }

    /// A loop has ended, and its part of the app with it.
    func ended(_ number: Int) {
        guard places.indices.contains(number) else { return }
        places[number].loop.withLock { $0 = nil }
    }

    /// The loops that have not ended.
    var loops: [AppLoop] { places.compactMap { $0.loop.withLock { $0 } } }

    /// Whether the app is on its way down: not ready any more.
    var isDraining: Bool { stage.load(ordering: .relaxed) >= DrainStage.announced.rawValue }

    /// Whether connections close: no request is followed by another, and nothing opens.
    var isClosing: Bool { stage.load(ordering: .relaxed) >= DrainStage.closing.rawValue }

    func advance(to stage: DrainStage) {
        self.stage.store(stage.rawValue, ordering: .relaxed)
    }

    /// When the drain began: when the first loop asked, whose `now` this is. All its times count from then, on every loop.
    func drainBegins(at now: MonotonicInstant) -> MonotonicInstant {
        let known = drainBegan.compareExchange(
            expected: .max, desired: now.nanoseconds, ordering: .relaxed
        ).original
        return known == .max ? now : MonotonicInstant(nanoseconds: known)
    }

    // MARK: - Logging

    /// Writes a line of the framework's own.
    func log(
        _ message: LogMessage, at now: MonotonicInstant,
        _ fields: @autoclosure () -> [String: String]
    ) {
        log.write(message, at: now, fields())
    }

    /// Says once, at the start, which limits are in effect.
    private func logLimits() {
        let logger = log.logger
        logger.info(
            "limits", metadata: configuration.limitReport(memory, routes: webSocketRoutes))
        let off = configuration.memoryLimitsOff
        guard !off.isEmpty else { return }
        logger.warning(
            "memory limits are off", metadata: ["fields": "\(off.joined(separator: " "))"])
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
