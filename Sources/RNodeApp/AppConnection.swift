/// What a connection speaks. An upgrade is a move from one case to the other.
enum AppConnection: ~Copyable {
    case http(Owned<HTTPConnection>)
    case webSocket(Owned<WebSocketState>)

    var isWebSocket: Bool {
        switch self {
        case .http: false
        case .webSocket: true
        }
    }

    /// Lends the state of a connection that speaks HTTP; nil for another.
    borrowing func withHTTP<Result>(
        _ body: (borrowing Owned<HTTPConnection>) -> Result
    ) -> Result? {
        switch self {
        case .http(let http): body(http)
        case .webSocket: nil
        }
    }

    /// Lends the state of a connection that speaks WebSocket; nil for another.
    borrowing func withWebSocket<Result>(
        _ body: (borrowing Owned<WebSocketState>) -> Result
    ) -> Result? {
        switch self {
        case .http: nil
        case .webSocket(let webSocket): body(webSocket)
        }
    }
}

/// A connection that speaks HTTP: its session, and the request that is being read or answered.
struct HTTPConnection: ~Copyable {
    var session: HTTPSession
    let remote: SocketAddress
    /// What is being read or answered; nil between requests.
    var current: CurrentRequest?
    /// Answers so far.
    var answersCount = 0
    /// The peer has sent everything: close after the answer.
    var isFinished = false

    init(acceptedAt now: MonotonicInstant, remote: SocketAddress) {
        session = HTTPSession(acceptedAt: now)
        self.remote = remote
    }
}

extension HTTPConnection {
    /// The request whose body is being collected; nil when there is none.
    var incoming: IncomingRequest? {
        if case .reading(let incoming) = current { incoming } else { nil }
    }

    /// The same, which is then collected no more.
    mutating func takeIncoming() -> IncomingRequest? {
        guard let incoming else { return nil }
        current = nil
        return incoming
    }
}

/// What an HTTP connection is busy with.
enum CurrentRequest {
    /// A request to a fixed response, whose end is awaited.
    case fixed(FixedRoute)
    /// A request to a handler, whose body is collected.
    case reading(IncomingRequest)
    /// A handler writes its response.
    case responding
    /// onConnect decides on a WebSocket connection.
    case opening(Opening)
}

/// A request to a handler, for as long as its body comes.
final class IncomingRequest {
    var request: Request
    let route: HTTPRoute
    /// The part of the loop's bytes in unfinished messages that is its body's.
    var accountedBytes = 0

    init(_ request: Request, _ route: HTTPRoute) {
        self.request = request
        self.route = route
    }
}

/// A connection that speaks WebSocket.
struct WebSocketState: ~Copyable {
    var session: WebSocketSession
    let route: WebSocketRoute
    /// What this loop counts of the route.
    let counters: RouteCounters
    /// Who it is. On a raw route nil until somebody needs to name it.
    var peer: WebSocketPeer?
    let openedAt: MonotonicInstant
    /// What an idle connection does not have, made when it is first needed.
    private var rare: Owned<RareState>?

    /// The part of the loop's bytes in unfinished messages that is this connection's.
    var accountedBytes: Int {
        get { rare?.borrow { $0.accountedBytes } ?? 0 }
        set { withRare { $0.accountedBytes = newValue } }
    }

    /// Why the client closed it; empty until it does.
    var closeReason: String {
        get { rare?.borrow { $0.closeReason } ?? "" }
        set { withRare { $0.closeReason = newValue } }
    }

    /// When it has grown too old; `.distantFuture` when it may grow for ever.
    var endOfLife: MonotonicInstant {
        get { rare?.borrow { $0.endOfLife } ?? .distantFuture }
        set { withRare { $0.endOfLife = newValue } }
    }

    /// Nothing of it is to be looked at after a read: its deadline moved away at most, and it holds nothing.
    @inline(__always)
    var isQuiet: Bool { session.isQuiet && peer == nil && accountedBytes == 0 }

    init(
        _ session: consuming WebSocketSession, route: WebSocketRoute, counters: RouteCounters,
        peer: WebSocketPeer?, openedAt now: MonotonicInstant
    ) {
        self.session = session
        self.route = route
        self.counters = counters
        self.peer = peer
        openedAt = now
    }

    /// Lends what is rare.
    mutating func withRare<Result>(_ body: (inout RareState) -> Result) -> Result {
        let rare = rare.take() ?? Owned(RareState())
        let result = rare.update(body)
        self.rare = consume rare
        return result
    }
}

/// What a WebSocket connection has that is in the middle of something, ends, or is limited.
struct RareState {
    /// Its data messages, held against the route's rate.
    var messages = MessageMeter()
    /// Its pings and pongs.
    var controlFrames = TokenBucket()
    var accountedBytes = 0
    var closeReason = ""
    var endOfLife = MonotonicInstant.distantFuture
}
