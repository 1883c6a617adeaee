internal import Logging

// @unchecked: everything but `core` and `eventLoop` is touched on the loop's thread only.
/// The app's part of one event loop: what its connections speak, the rooms that have members here, and the way
/// from bytes to callbacks.
final class AppLoop: LoopHandler, @unchecked Sendable {
    let eventLoop: EventLoop
    let core: AppCore
    let rooms: LoopRooms
    let counters: LoopCounters
    let deflateStreams: DeflateStreams
    /// By the route's index.
    let sessionShares: [SessionShare]
    /// What of its messages a connection may have taken in a turn.
    let turnShare: TurnShare
    // Unchecked: a slot's value stays where it is until it is taken out, which happens between two events only.
    @safe @exclusivity(unchecked)
    var connections = SlotTable<AppConnection>()
    /// The head of the request that is being parsed: one for the loop, reused.
    // Unchecked, and so are the next ones: lent to the session or the encoder, which call nobody meanwhile.
    @safe @exclusivity(unchecked)
    var head: RequestHead
    @safe @exclusivity(unchecked)
    var responses: ResponseEncoder
    /// Who answers the requests with the request line that had an HTTP route last; nil until one had.
    @safe @exclusivity(unchecked)
    var knownRoute: KnownRoute?
    /// Passes the app's totals on to swift-metrics; on the first loop only, when metrics are on.
    var bridge: MetricsBridge?
    /// Randomness for ids; a test may put in its own.
    var random: any RandomNumberGenerator
    /// Named connections whose last callback has not returned.
    var livePeers = 0
    /// The loop's part of a drain, from when connections close until none lives.
    // Unchecked, like all below that is looked at each turn: read and written at once, never lent.
    @safe @exclusivity(unchecked)
    var drain: LoopDrain?
    /// Bytes of messages and request bodies whose end has not come.
    @safe @exclusivity(unchecked)
    var unfinishedBytes = 0
    /// Unsent bytes of connections that were cut in this turn, to make room; forgotten when it is over.
    var bytesCut = 0
    /// Messages that wait for the registry to find their room.
    var lookUps = RoomLookUps()
    @safe @exclusivity(unchecked)
    var outboundStep: BudgetStep
    @safe @exclusivity(unchecked)
    var unfinishedStep: BudgetStep
    /// Where each connection is from, by its slot; kept only where addresses are counted.
    var addresses: [UInt32: String] = [:]
    /// Answers to connections too many of an address that may not have gone yet.
    var addressRefusals = 0
    private var scratch = ByteBuffer(capacity: 1_024)
    private var cachedTimestamp = Timestamp(milliseconds: 0)
    @safe @exclusivity(unchecked)
    private var responseSeconds: Int64 = 0

    init(
        eventLoop: EventLoop, core: AppCore, random: any RandomNumberGenerator
    ) {
        self.eventLoop = eventLoop
        self.core = core
        self.random = random
        let routes = core.metrics.routes.count
        counters =
            core.metrics.counters(loop: eventLoop.index)
            ?? LoopCounters(routeCount: routes)
        deflateStreams = DeflateStreams(budget: core.deflateBudget)
        sessionShares = core.webSocketRoutes.map { SessionShare(limits: $0.limits) }
        turnShare = TurnShare(
            eventLoop.limits, bytes: core.configuration.messageBytesPerTurnMax)
        rooms = LoopRooms(
            eventLoop: eventLoop, core: core, counters: counters, deflateStreams: deflateStreams)
        head = RequestHead(limits: core.configuration.http)
        responses = ResponseEncoder(unixSeconds: 0)
        let loops = core.metrics.loopCount
        outboundStep = BudgetStep(budget: core.memory.outboundBytesMax, loops: loops)
        unfinishedStep = BudgetStep(budget: core.memory.unfinishedBytesMax, loops: loops)
    }

    // MARK: - LoopHandler

    func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {
        counters.accepted.raise()
        guard admitsAddress(remote, &connection) else { return }
        let state = HTTPConnection(acceptedAt: connection.now, remote: remote)
        connection.deadline = state.session.deadline(limits: core.configuration.http)
        connections.put(.http(Owned(state)), at: connection.id.slot)
    }

    @inline(__always)
    func received(
        _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
    ) -> Int {
        // SAFETY: a slot's value stays where it is until the connection ends, which no read brings about. Not by `borrow`: as
        // a closure all of this would be called for each read.
        guard let state = unsafe connections.pointer(at: connection.id.slot) else { return 0 }
        switch unsafe state.pointee {
        case .http(let http): return receive(&bytes, http, &connection)
        case .webSocket(let webSocket): return receive(&bytes, from: 0, webSocket, &connection)
        }
    }

    /// Takes what a connection received that spoke HTTP until now. Returns how many of all bytes were taken.
    @inline(never)
    private func receive(
        _ bytes: inout MutableSpan<UInt8>, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) -> Int {
        var offset = 0
        guard let opening = receive(&bytes, &offset, http, &connection) else { return offset }
        open(opening, on: &connection)
        // The bytes after the head belong to the WebSocket connection: once round again.
        return receiveRest(&bytes, from: offset, &connection)
    }

    func finished(_ connection: inout ConnectionContext) {
        connections.borrow(at: connection.id.slot) { state in
            switch state {
            case .http(let http):
                let isAnswering = http.update { http in
                    http.isFinished = true
                    return http.current?.isAnswering ?? false
                }
                if !isAnswering { connection.close() }
            case .webSocket: connection.close()
            }
        }
    }

    func drained(_ connection: inout ConnectionContext) {}

    func timedOut(_ connection: inout ConnectionContext) {
        connections.borrow(at: connection.id.slot) { state in
            switch state {
            case .http(let http): timedOut(http, &connection)
            case .webSocket(let webSocket): timedOut(webSocket, &connection)
            }
        }
    }

    func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {
        counters.ended.raise()
        releaseAddress(connection)
        switch connections.take(at: connection.slot) {
        case .none: return
        case .http(let http):
            switch http.take().current {
            case .opening(let opening): opening.isAbandoned = true
            case .reading(let incoming): account(incoming, holding: 0)
            case .fixed, .responding, nil: break
            }
        case .webSocket(let webSocket): closed(webSocket.take(), connection, reason)
        }
    }

    func turnEnded(on loop: EventLoop) {
        rooms.flushAll()
        settleAccounts()
        if drain != nil { finishDrainIfQuiet() }
    }

    func turnServed(inNanoseconds nanoseconds: Int64, on loop: EventLoop) {
        forgetCuts()
        watch(turnOf: nanoseconds)
    }

    func ended(on loop: EventLoop) { core.ended(loop.index) }

    /// Lends the state of a WebSocket connection; nil when it is none (any more).
    @discardableResult
    func withWebSocket<Result>(
        _ connection: ConnectionID, _ body: (borrowing Owned<WebSocketState>) -> Result
    ) -> Result? {
        connections.borrow(at: connection.slot) { $0.withWebSocket(body) } ?? nil
    }

    // MARK: - Time

    /// The turn's wall clock, as the protocol writes it.
    var timestamp: Timestamp {
        let now = eventLoop.wallClockMilliseconds
        if cachedTimestamp.milliseconds != now { cachedTimestamp = Timestamp(milliseconds: now) }
        return cachedTimestamp
    }

    /// Sets the `Date` of responses to the turn's.
    func setResponseTime() {
        let seconds = eventLoop.wallClockMilliseconds / 1_000
        guard seconds != responseSeconds else { return }
        responseSeconds = seconds
        responses.setTime(unixSeconds: seconds)
    }

    // MARK: - Ids

    func makeMemberID() -> MemberID { MemberID(random: random.next(), random.next()) }

    /// `client_` and eight hexadecimal digits.
    func makeClientID() -> String {
        let digits = String(UInt32(truncatingIfNeeded: random.next()), radix: 16)
        return "client_" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    // MARK: - Writing

    /// Encodes a message into the loop's scratch buffer and lends it.
    func withEncoded<Result>(
        _ encode: (inout ByteBuffer) -> Void, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        var buffer = ByteBuffer()
        swap(&buffer, &scratch)
        buffer.removeAll()
        encode(&buffer)
        let result = buffer.withSpan { body($0) }
        // Big messages don't stay in memory.
        if buffer.capacity <= 65_536 { swap(&buffer, &scratch) }
        return result
    }

    func logEvent(_ event: WebSocketEvent, _ peer: WebSocketPeer, _ byteCount: Int) {
        guard core.log.isDebugging else { return }
        core.log.logger.debug(
            "\(event.name)",
            metadata: [
                "route": "\(peer.route.path)", "connection": "\(peer.id)",
                "bytes": "\(byteCount)",
            ])
    }
}

extension CurrentRequest {
    /// Whether an answer is still to come, so that the connection must not end before.
    var isAnswering: Bool {
        switch self {
        case .responding, .opening: true
        case .fixed, .reading: false
        }
    }
}
