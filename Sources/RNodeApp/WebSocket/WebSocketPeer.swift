// @unchecked: touched on the loop's thread only. Tasks that hold it run on the loop's executor.
/// A client's connection as the application knows it: who it is, which rooms it is in, what is under way for it.
///
/// Belongs to its loop. What the client sends and what the server asks becomes a ``Flow``; flows of one
/// connection run one at a time, in order.
final class WebSocketPeer: @unchecked Sendable {
    /// The connection on whose own task the calling code runs.
    @TaskLocal static var current: WebSocketPeer?

    enum Phase {
        /// onConnect runs; the 101 is not sent.
        case opening
        case open
        case closed
    }

    let loop: AppLoop
    let core: AppCore
    let route: WebSocketRoute
    /// What the loop counts of the route; at hand for each event.
    let counters: RouteCounters
    let connection: ConnectionID
    let id: MemberID
    let request: OpeningRequest
    let createdAt: Int64
    var clientID: String
    var subprotocol: String?
    var metadata: [String: String] = [:]
    var lastPing: Int64
    var phase = Phase.opening
    /// Whether `welcome` is behind it, which is the first that a client gets.
    var isWelcomed = false
    /// The rooms it is in, in the order it joined.
    var rooms: [Room] = []
    /// How many joins of the client's were refused in a row because it is in too many rooms.
    var joinsRefused = 0
    /// What the registry knows it as, once it has asked for a room.
    var member: Member?
    var hasMembership: Bool { member != nil }

    // Flows.
    var waiting: [any WaitingFlow] = []
    var isRunning = false
    var isServingWaiting = false
    /// Its last callback has returned.
    var hasEnded = false
    /// Async callbacks of this connection that run now; more than one when nested.
    var callbackDepth = 0
    var task: FlowTask?
    /// Since when the connection is not read because a flow waits; nil while it is.
    var withheldSince: MonotonicInstant?

    // JSON pings and notices.
    var jsonPingDue = MonotonicInstant.distantFuture
    var jsonPingSentAt: MonotonicInstant?
    var noticeWindow = MonotonicInstant(nanoseconds: .min)
    var noticesInWindow = 0
    var drops: DropNotices?

    init(
        loop: AppLoop, route: WebSocketRoute, connection: ConnectionID, id: MemberID,
        clientID: String, request: OpeningRequest, createdAt: Int64
    ) {
        self.loop = loop
        core = loop.core
        self.route = route
        counters = loop.counters.routes[route.index]
        self.connection = connection
        self.id = id
        self.clientID = clientID
        self.request = request
        self.createdAt = createdAt
        lastPing = createdAt
    }

    var isOpen: Bool { phase == .open }

    /// Whether a flow is under way, so that the next message has to wait.
    var isBusy: Bool { isRunning || !waiting.isEmpty }

    var reference: WebSocketReference {
        WebSocketReference(loop: loop, connection: connection, member: id)
    }

    var now: MonotonicInstant { loop.eventLoop.now }
    var timestamp: Timestamp { loop.timestamp }

    // MARK: - Its life

    /// The 101 is sent: `welcome` goes first, then what onConnect asked for.
    func opened() {
        phase = .open
        loop.livePeers += 1
        if let interval = route.jsonPingInterval { jsonPingDue = now.advanced(by: interval) }
        if route.isRaw { welcomed() } else { run(WelcomeFlow(), Span()) }
        serveWaiting()
    }

    /// `welcome` is sent, or was cancelled: from here on others find this connection, and it may be sent to.
    func welcomed() {
        guard phase == .open, !isWelcomed else { return }
        isWelcomed = true
        core.directory.add(
            PeerLocation(
                member: id, loop: loop.eventLoop.index, connection: connection,
                isRaw: route.isRaw), clientID: clientID)
    }

    /// onConnect refused it, by throwing: onServerError runs, and nothing else ever will.
    func refused(_ error: String) {
        phase = .closed
        // There is no end to come that would say so.
        hasEnded = true
        raiseServerError(error)
    }

    /// The connection is gone: nothing is delivered to it from here on, and its end is told.
    func disconnected(_ code: UInt16, reason: String) {
        guard phase == .open else { return phase = .closed }
        phase = .closed
        core.directory.remove(id, clientID: clientID)
        member?.markGone()
        for room in rooms { loop.rooms.remove(connection, from: room) }
        enqueue(CloseFlow(closeCode: code, reason: reason))
    }

    /// Its last callback has returned.
    func ended() {
        loop.livePeers -= 1
        hasEnded = true
    }
}
