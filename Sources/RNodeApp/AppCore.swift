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
    let logger: Logger
    private(set) var loops: [AppLoop] = []
    private let stopping = Atomic(false)
    private let debugging: Atomic<Bool>

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
        self.logger = logger
        debugging = Atomic(logger.logLevel <= .debug)
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
        }
    }

    /// Whether the app is on its way down.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func beginStopping() {
        stopping.store(true, ordering: .relaxed)
    }

    /// Whether events are logged; read for each event, so that a silent log costs one test.
    var isDebugging: Bool { debugging.load(ordering: .relaxed) }

    func setDebugging(_ isDebugging: Bool) {
        debugging.store(isDebugging, ordering: .relaxed)
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

    // MARK: - Other nodes

    /// Passes a message for a room on to the other nodes, if there are any.
    func publishToNodes(_ room: Room, _ publication: NodePublication) {
        guard configuration.broker.reachesOtherNodes else { return }
        let payload = publication.encoded()
        guard !configuration.broker.publish(payload.span, to: room.id) else { return }
        metrics.counters(loop: 0)?.failed(.broker)
    }
}
