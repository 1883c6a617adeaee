/// All numbers of a moment, merged over the loops.
struct MetricsSnapshot: Sendable {
    /// The numbers of one route.
    struct Route: Sendable {
        /// Its template, as registered.
        let template: String
        var connections = 0
        var disconnections = 0
        var messagesDropped = 0
        var sizesReceived = HistogramTotals(bounds: SizeHistogram.bounds)
        var sizesSent = HistogramTotals(bounds: SizeHistogram.bounds)
        var durations = HistogramTotals(bounds: DurationHistogram.bounds)
        var eventsRun = [Int](repeating: 0, count: 14)
        var eventsFiltered = [Int](repeating: 0, count: 14)

        init(template: String) { self.template = template }

        var messagesReceived: Int { sizesReceived.count }
        var messagesSent: Int { sizesSent.count }

        /// Open now. Counters are read one after another: never below zero for all that.
        var connectionsActive: Int { max(0, connections &- disconnections) }
    }

    private(set) var routes: [Route]
    /// How many rooms there are.
    let rooms: Int
    /// How many memberships there are.
    let roomConnections: Int
    /// The members of rooms that the operator named.
    let namedRooms: [(name: String, connections: Int)]
    /// Bytes that wait to be sent.
    private(set) var outboundBytes = 0
    /// Bytes of messages whose end has not come.
    private(set) var unfinishedBytes = 0
    /// Errors by the number of their word.
    private(set) var errors = [Int](repeating: 0, count: ErrorWord.allCases.count)
    /// Breaches of limits by the number of their name.
    private(set) var limits = [Int](repeating: 0, count: LimitName.allCases.count)
    /// Close frames sent, by the places of ``CloseCodeLabel``.
    private(set) var closes = [Int](repeating: 0, count: CloseCodeLabel.labels.count)
    /// Turns of loops that took too long.
    private(set) var blockedTurns = 0
    /// The most that a message inflated to, in times of what came of it.
    private(set) var inflateRatioHighest = 0
    /// Connections closed with 1011 where a trap would have ended the process.
    private(set) var trapsAvoided = 0

    /// The names of the fourteen events, by their number: the order of the user's document.
    static let eventNames = WebSocketEvent.allCases.map(\.label)

    init(
        routes: [Route], rooms: Int, roomConnections: Int,
        namedRooms: [(name: String, connections: Int)]
    ) {
        self.routes = routes
        self.rooms = rooms
        self.roomConnections = roomConnections
        self.namedRooms = namedRooms
    }

    /// How many connections are open.
    var connectionsActive: Int { routes.reduce(0) { $0 &+ $1.connectionsActive } }
    /// How many data messages came since start.
    var messagesReceived: Int { routes.reduce(0) { $0 &+ $1.messagesReceived } }

    /// Adds what one loop counted.
    mutating func add(_ loop: LoopCounters) {
        for place in routes.indices where loop.routes.indices.contains(place) {
            routes[place].add(loop.routes[place])
        }
        errors.raise(by: loop.errors.values)
        limits.raise(by: loop.limits.values)
        closes.raise(by: loop.closes.values)
        blockedTurns &+= loop.blocked.value
        outboundBytes &+= loop.outboundBytes.value
        unfinishedBytes &+= loop.unfinishedBytes.value
        inflateRatioHighest = max(inflateRatioHighest, loop.inflateRatioHighest.value)
        trapsAvoided &+= loop.trapsAvoided.value
    }

    /// Adds breaches of a limit that were counted elsewhere.
    mutating func add(_ count: Int, of limit: LimitName) { limits[limit.rawValue] &+= count }
}

extension MetricsSnapshot.Route {
    fileprivate mutating func add(_ counters: RouteCounters) {
        // Closed first: what closes between the two reads was open before it.
        disconnections &+= counters.closed.value
        connections &+= counters.opened.value
        messagesDropped &+= counters.messagesDropped.value
        sizesReceived.add(counters.sizesReceived.totals)
        sizesSent.add(counters.sizesSent.totals)
        durations.add(counters.durations.totals)
        eventsRun.raise(by: counters.eventsRun.values)
        eventsFiltered.raise(by: counters.eventsFiltered.values)
    }
}

extension [Int] {
    /// Adds number by number, as far as both go.
    fileprivate mutating func raise(by numbers: [Int]) {
        for place in indices where numbers.indices.contains(place) {
            self[place] &+= numbers[place]
        }
    }
}
