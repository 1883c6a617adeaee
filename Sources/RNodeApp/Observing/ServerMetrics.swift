internal import Synchronization

/// What the server counts, merged over its loops on demand.
///
/// Each loop has its own counters, which only that loop raises; a scrape reads them all from
/// anywhere, without a lock and without stopping anybody. Make one when the routes are known.
final class ServerMetrics: Sendable {
    /// The route templates, by number.
    let routes: [String]
    private let loops: [LoopCounters]
    /// Limits that were passed on any thread, by their number: so raised atomically.
    private let elsewhere = InlineArray<64, Atomic<Int>> { _ in Atomic(0) }

    /// Counters for `loopCount` loops and these route templates.
    init(routes: [String], loopCount: Int) {
        self.routes = routes
        loops = (0..<max(1, loopCount)).map { _ in LoopCounters(routeCount: routes.count) }
    }

    /// How many loops there are.
    var loopCount: Int { loops.count }

    /// The counters that loop `number` raises; nil when there is no such loop.
    func counters(loop number: Int) -> LoopCounters? {
        loops.indices.contains(number) ? loops[number] : nil
    }

    /// How many connections of any kind are open now.
    var openConnections: Int { loops.reduce(0) { $0 &+ $1.connectionsOpen } }

    /// How many WebSocket connections are open now.
    var connectionsActive: Int {
        // Closed first: what closes between the two reads was open before it.
        let closed = loops.reduce(0) { $1.routes.reduce($0) { $0 &+ $1.closed.value } }
        let opened = loops.reduce(0) { $1.routes.reduce($0) { $0 &+ $1.opened.value } }
        return max(0, opened &- closed)
    }

    /// How often each event of a route ran, and how often it was filtered, on all loops.
    func events(route: Int) -> (run: [Int], filtered: [Int]) {
        let snapshot = snapshot(rooms: 0, roomConnections: 0)
        guard snapshot.routes.indices.contains(route) else { return ([], []) }
        return (snapshot.routes[route].eventsRun, snapshot.routes[route].eventsFiltered)
    }

    /// Bytes that wait to be sent on all loops.
    var outboundBytes: Int { loops.reduce(0) { $0 &+ $1.outboundBytes.value } }
    /// Bytes of messages whose end has not come, on all loops.
    var unfinishedBytes: Int { loops.reduce(0) { $0 &+ $1.unfinishedBytes.value } }

    /// How many data messages came since start.
    var messagesReceived: Int {
        loops.reduce(0) { $1.routes.reduce($0) { $0 &+ $1.sizesReceived.count } }
    }

    /// All numbers now. The rooms are counted elsewhere, and passed in.
    ///
    /// - Parameter namedRooms: members of the rooms whose names the operator gave, and of no other.
    func snapshot(
        rooms: Int, roomConnections: Int, namedRooms: [(name: String, connections: Int)] = []
    ) -> MetricsSnapshot {
        var snapshot = MetricsSnapshot(
            routes: routes.map(MetricsSnapshot.Route.init), rooms: rooms,
            roomConnections: roomConnections,
            namedRooms: namedRooms)
        for loop in loops { snapshot.add(loop) }
        for limit in LimitName.allCases where elsewhere.indices.contains(limit.rawValue) {
            snapshot.add(elsewhere[limit.rawValue].load(ordering: .relaxed), of: limit)
        }
        return snapshot
    }

    /// A limit was passed outside of the loops; nil for none. From any thread.
    func breached(_ limit: LimitName?) {
        guard let limit, elsewhere.indices.contains(limit.rawValue) else { return }
        elsewhere[limit.rawValue].wrappingAdd(1, ordering: .relaxed)
    }
}

/// What one loop counts.
final class LoopCounters: Sendable {
    /// One for each route, by its number.
    let routes: [RouteCounters]
    /// Errors by their word.
    let errors = CountRow<32>()
    /// Breaches of limits, by the number of ``LimitName``.
    let limits = CountRow<64>()
    /// Close frames that were sent, by the places of ``CloseCodeLabel``.
    let closes = CountRow<16>()
    /// Connections of any kind that were accepted, and those of them that are gone.
    let accepted = Count()
    let ended = Count()
    /// Turns that took so long that they were counted one by one.
    let blocked = Count()
    /// Bytes that wait to be sent, now.
    let outboundBytes = Count()
    /// Bytes of messages whose end has not come, now.
    let unfinishedBytes = Count()
    /// The most that a message inflated to, in times of what came of it.
    let inflateRatioHighest = Count()
    /// WebSocket connections that were closed with 1011 where a trap would have ended the process.
    let trapsAvoided = Count()

    init(routeCount: Int) {
        routes = (0..<routeCount).map { _ in RouteCounters() }
    }

    /// How many connections of any kind are open.
    var connectionsOpen: Int {
        // Ended first: what ends between the two reads was open before it.
        let ended = ended.value
        return max(0, accepted.value &- ended)
    }

    /// Counts an error.
    func failed(_ word: ErrorWord) { errors.raise(word.rawValue) }

    /// Counts that a limit was passed; nil for none.
    func breached(_ limit: LimitName?, times: Int = 1) {
        guard let limit else { return }
        limits.raise(limit.rawValue, by: times)
    }

    /// Counts a close frame.
    func closeSent(_ code: CloseCode?) { closes.raise(CloseCodeLabel.place(of: code)) }

    /// Counts the error that a WebSocket connection is closed for.
    func closes(for error: WebSocketError) {
        failed(ErrorWord(error))
        breached(LimitName(error))
        if error == .internalInvariant { trapsAvoided.raise() }
    }
}

/// What one loop counts of one route. Raised by that loop only.
final class RouteCounters: Sendable {
    let opened = Count()
    let closed = Count()
    let messagesDropped = Count()
    // How many messages there were is what is in their sizes' buckets.
    let sizesReceived = SizeHistogram()
    let sizesSent = SizeHistogram()
    let durations = DurationHistogram()
    /// Events whose callback ran, and events that the mask kept from it, by the event's number.
    let eventsRun = CountRow<14>()
    let eventsFiltered = CountRow<14>()

    /// A connection opened.
    func connectionOpened() { opened.raise() }

    /// A connection closed that had been open for so long.
    func connectionClosed(afterMilliseconds duration: Int) {
        closed.raise()
        durations.record(milliseconds: duration)
    }

    /// A data message came.
    @inline(__always)
    func received(bytes: Int) { sizesReceived.record(bytes) }

    /// Messages to slow clients were dropped.
    func dropped(_ count: Int) { messagesDropped.raise(by: count) }

    /// A data message went out, to so many connections.
    @inline(__always)
    func sent(bytes: Int, times: Int = 1) { sizesSent.record(bytes, times: times) }
}

/// The fixed words that errors are counted by.
enum ErrorWord: Int, CaseIterable, Sendable {
    case roomNotFound, roomFull, alreadyInRoom, notAMember, roomJoinBlocked, roomLeaveBlocked
    case clientNotFound, tooManyRooms, invalidFormat, validationError, serverError
    case blockedByHandler, handlerFailed, rateLimited
    case protocolError, invalidUTF8, messageTooBig, policyViolation, timeout, slowConsumer
    case transport, handshake, http, broker
    case memoryBudget, fileReads

    /// The label's value.
    var label: String {
        switch self {
        case .roomNotFound: "room_not_found"
        case .roomFull: "room_full"
        case .alreadyInRoom: "already_in_room"
        case .notAMember: "not_a_member"
        case .roomJoinBlocked: "room_join_blocked"
        case .roomLeaveBlocked: "room_leave_blocked"
        case .clientNotFound: "client_not_found"
        case .tooManyRooms: "too_many_rooms"
        case .invalidFormat: "invalid_format"
        case .validationError: "validation_error"
        case .serverError: "server_error"
        case .blockedByHandler: "blocked_by_handler"
        case .handlerFailed: "handler_failed"
        case .rateLimited: "rate_limited"
        case .protocolError: "protocol_error"
        case .invalidUTF8: "invalid_utf8"
        case .messageTooBig: "message_too_big"
        case .policyViolation: "policy_violation"
        case .timeout: "timeout"
        case .slowConsumer: "slow_consumer"
        case .transport: "transport"
        case .handshake: "handshake"
        case .http: "http"
        case .broker: "broker"
        case .memoryBudget: "memory_budget"
        case .fileReads: "file_reads"
        }
    }

    /// The word for a connection that is closed for this.
    init(_ error: WebSocketError) {
        switch error {
        case .tooManyMessages, .tooManyControlFrames: self = .rateLimited
        case .tooMuchUnfinished: self = .memoryBudget
        case .outOfMemory: self = .serverError
        default: self.init(error.closeCode)
        }
    }

    /// What `onError` calls a connection's end for this.
    var errorType: String {
        switch self {
        case .rateLimited, .memoryBudget, .slowConsumer: label
        default: "protocol_error"
        }
    }

    /// The word for a connection that is closed with this code for its own fault.
    init(_ code: CloseCode) {
        switch code {
        case .invalidPayload: self = .invalidUTF8
        case .messageTooBig: self = .messageTooBig
        case .policyViolation: self = .policyViolation
        case .abnormal: self = .timeout
        case .internalError: self = .serverError
        default: self = .protocolError
        }
    }

    /// The word for an `error_type`; anything unknown is the server's own error.
    init(errorType: String) {
        self = Self.allCases.first { $0.label == errorType } ?? .serverError
    }
}
