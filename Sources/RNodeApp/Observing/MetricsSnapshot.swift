/// All numbers of a moment, merged over the loops.
struct MetricsSnapshot: Sendable {
    /// The connections of one route.
    struct Route: Sendable {
        /// Its template, as registered; empty for what belongs to none.
        let template: String
        fileprivate(set) var connections = 0
        fileprivate(set) var disconnections = 0
        fileprivate(set) var durations = HistogramTotals(bounds: DurationHistogram.bounds)

        init(template: String) { self.template = template }

        /// Open now. Counters are read one after another: never below zero for all that.
        var connectionsActive: Int { max(0, connections &- disconnections) }
    }

    /// The routes in their order, and at the end connections that belong to none.
    private(set) var routes: [Route]
    /// How many rooms there are.
    let rooms: Int
    /// How many memberships there are.
    let roomConnections: Int
    /// What each route ran and skipped.
    let events: [RouteExplanation]
    /// The members of rooms that the operator named.
    let namedRooms: [(name: String, connections: Int)]
    private(set) var messagesReceived = 0
    private(set) var messagesSent = 0
    private(set) var sizesReceived = HistogramTotals(bounds: SizeHistogram.bounds)
    private(set) var sizesSent = HistogramTotals(bounds: SizeHistogram.bounds)
    /// Errors by the number of their word.
    private(set) var errors = [Int](repeating: 0, count: ErrorWord.allCases.count)

    init(
        routes: [Route], rooms: Int, roomConnections: Int, events: [RouteExplanation],
        namedRooms: [(name: String, connections: Int)]
    ) {
        self.routes = routes
        self.rooms = rooms
        self.roomConnections = roomConnections
        self.events = events
        self.namedRooms = namedRooms
    }

    /// How many connections are open.
    var connectionsActive: Int { routes.reduce(0) { $0 &+ $1.connectionsActive } }

    /// The routes that are worth a line: all registered ones, and the rest if there is any.
    var routesShown: [Route] {
        routes.filter { !$0.template.isEmpty || $0.connections > 0 }
    }

    /// How many errors this word was counted for.
    func count(of word: ErrorWord) -> Int {
        errors.indices.contains(word.rawValue) ? errors[word.rawValue] : 0
    }

    /// Adds what one loop counted.
    mutating func add(_ loop: LoopMetrics) {
        messagesReceived &+= loop.messagesReceived.value
        messagesSent &+= loop.messagesSent.value
        sizesReceived.add(loop.sizesReceived.totals)
        sizesSent.add(loop.sizesSent.totals)
        for (word, count) in zip(ErrorWord.allCases, loop.errors.values) { add(count, word) }
        for place in routes.indices where loop.routes.indices.contains(place) {
            routes[place].add(loop.routes[place])
        }
    }

    /// Adds errors.
    mutating func add(_ count: Int, _ word: ErrorWord) {
        guard errors.indices.contains(word.rawValue) else { return }
        errors[word.rawValue] &+= count
    }
}

extension MetricsSnapshot.Route {
    fileprivate mutating func add(_ counters: RouteCounters) {
        // Closed first: what closes between the two reads was open before it.
        disconnections &+= counters.closed.value
        connections &+= counters.opened.value
        durations.add(counters.durations.totals)
    }
}
