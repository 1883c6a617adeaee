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
    let connection: ConnectionID
    let id: MemberID
    let request: OpeningRequest
    let createdAt: Int64
    var clientID: String
    var subprotocol: String?
    var metadata: [String: String] = [:]
    var lastPing: Int64
    private(set) var phase = Phase.opening
    /// Whether `welcome` is behind it, which is the first that a client gets.
    private(set) var isWelcomed = false
    /// The rooms it is in, in the order it joined.
    private(set) var rooms: [Room] = []
    /// What the registry knows it as, once it has asked for a room.
    private var member: Member?
    var hasMembership: Bool { member != nil }

    // Flows.
    private var waiting: [any WaitingFlow] = []
    private var isRunning = false
    private var isServingWaiting = false
    /// Its last callback has returned.
    private var hasEnded = false
    /// Async callbacks of this connection that run now; more than one when nested.
    private(set) var callbackDepth = 0
    private var task: FlowTask?

    // JSON pings and notices.
    private(set) var jsonPingDue = MonotonicInstant.distantFuture
    private var jsonPingSentAt: MonotonicInstant?
    private var noticeWindow = MonotonicInstant(nanoseconds: .min)
    private var noticesInWindow = 0
    private var drops: DropNotices?

    init(
        loop: AppLoop, route: WebSocketRoute, connection: ConnectionID, id: MemberID,
        clientID: String, request: OpeningRequest, createdAt: Int64
    ) {
        self.loop = loop
        core = loop.core
        self.route = route
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

    // MARK: - Rooms

    /// The room with this id, if the connection is in it.
    func joined(_ id: RoomID) -> Room? { rooms.first { $0.id == id } }

    /// Its last callback has returned.
    func ended() {
        loop.livePeers -= 1
        hasEnded = true
    }

    /// What the registry is to know this connection as.
    func asMember() -> Member {
        if let member { return member }
        let made = Member(
            id: id, clientID: clientID, loop: loop.eventLoop.index, location: connection.rawValue)
        member = made
        return made
    }

    /// The registry admitted it: from here on it gets what is published.
    func enter(_ admission: Admission, id: MessageID?) {
        let room = admission.room
        let members = route.announcesMembers ? admission.clientIDs : nil
        if members != nil {
            loop.announce(room) {
                ControlWriter.memberJoined(
                    room: room.id, clientID: clientID, at: timestamp, into: &$0)
            }
        }
        loop.rooms.add(connection, route, to: room)
        rooms.append(room)
        guard !route.isRaw else { return }
        write {
            ControlWriter.roomJoined(
                room: room.id, membersCount: admission.membersCount, members: members, id: id,
                at: timestamp, into: &$0)
        }
    }

    /// The registry let it go: nothing that is published from here on reaches it.
    func exit(_ departure: Departure, id: MessageID?) {
        let room = departure.room
        rooms.removeAll { $0.id == room.id }
        loop.rooms.remove(connection, from: room)
        announceLeft([departure])
        guard !route.isRaw else { return }
        write { ControlWriter.roomLeft(room: room.id, id: id, at: timestamp, into: &$0) }
    }

    /// The room was removed under it.
    func removed(from room: RoomID) {
        guard let room = joined(room) else { return }
        rooms.removeAll { $0.id == room.id }
        loop.rooms.remove(connection, from: room)
        guard !route.isRaw else { return }
        write { ControlWriter.roomLeft(room: room.id, id: nil, at: timestamp, into: &$0) }
    }

    /// The rooms it is in, which it is in no more.
    func takeRooms() -> [Room] {
        defer { rooms = [] }
        return rooms
    }

    /// Tells those who are still in a room that this member left it; in rooms up to the limit only.
    func announceLeft(_ departures: [Departure]) {
        guard route.announcesMembers else { return }
        for departure in departures
        where departure.membersCount < core.registry.limits.announcedMembersMax {
            loop.announce(departure.room) {
                ControlWriter.memberLeft(
                    room: departure.room.id, clientID: clientID, at: timestamp, into: &$0)
            }
        }
    }

    /// Publishes a client's payload to all members of a room.
    func publish(_ json: Span<UInt8>, isString: Bool, to room: Room) {
        loop.publish(json, isString: isString, from: clientID, to: room)
    }

    /// Publishes a text of the server's code in the name of this client.
    func publish(_ message: String, to roomId: String) -> Bool {
        guard let id = RoomID(roomId) else { return false }
        var quoted = ByteBuffer()
        ControlWriter.appendString(message, to: &quoted)
        if let room = joined(id) ?? loop.rooms.room(id) {
            quoted.withSpan { publish($0, isString: true, to: room) }
        } else {
            let json = quoted.copied()
            loop.withUnknownRoom(id) { [loop, clientID] room in
                loop.publish(json.span, isString: true, from: clientID, to: room)
            }
        }
        return true
    }

    // MARK: - What arrives

    func received(_ kind: MessageKind, _ bytes: Span<UInt8>) {
        switch kind {
        case .text: receivedText(bytes)
        case .binary: run(BinaryFlow(), bytes)
        }
    }

    private func receivedText(_ text: Span<UInt8>) {
        let control = ControlMessage.scan(text, limits: core.configuration.json)
        switch control.kind {
        case .ordinary, .message, .roomMessage, .directMessage:
            run(TextFlow(control), text)
        case .joinRoom, .leaveRoom, .ping, .pong, .messageAck:
            receivedControl(control, text)
        }
    }

    private func receivedControl(_ control: ControlMessage, _ text: Span<UInt8>) {
        let id = control.id(in: text)
        if let fault = control.fault {
            return writeError(fault.message, type: fault.errorType, id: id)
        }
        switch control.kind {
        case .joinRoom: run(JoinFlow(control.roomID(in: text), .client(id)), text)
        case .leaveRoom: run(LeaveFlow(control.roomID(in: text), .client(id)), text)
        case .ping: receivedSignal(.ping, id, text)
        case .pong: receivedSignal(.pong, id, text)
        case .messageAck: run(SignalFlow(.messageAck, id: id), text)
        case .ordinary, .message, .roomMessage, .directMessage: break
        }
    }

    /// A ping or pong arrived, as a frame or as JSON.
    func receivedSignal(_ signal: SignalFlow.Signal, _ id: MessageID?, _ bytes: Span<UInt8>) {
        lastPing = loop.eventLoop.wallClockMilliseconds
        run(SignalFlow(signal, id: id), bytes)
    }

    // MARK: - JSON pings

    /// Sends a JSON ping when it is due and none is unanswered.
    func sendJSONPingIfDue() {
        guard phase == .open, jsonPingDue <= now, let interval = route.jsonPingInterval else {
            return
        }
        jsonPingDue = now.advanced(by: interval)
        guard jsonPingSentAt == nil else { return }
        jsonPingSentAt = now
        write { ControlWriter.ping(at: timestamp, into: &$0) }
    }

    func writePong(id: MessageID?) {
        write { ControlWriter.pong(id: id, at: timestamp, into: &$0) }
    }

    /// Answers a JSON pong by the time since the ping it answers.
    func writeLatency(id: MessageID?) {
        let latency = jsonPingSentAt.map { $0.nanoseconds(until: now) / 1_000_000 } ?? 0
        jsonPingSentAt = nil
        write {
            ControlWriter.pong(
                latency: Int(truncatingIfNeeded: latency), id: id, at: timestamp, into: &$0)
        }
    }

    /// A callback said that a signal is not to be answered.
    func signalIgnored(_ signal: SignalFlow.Signal) {
        if case .pong = signal { jsonPingSentAt = nil }
    }

    // MARK: - What is sent

    @discardableResult
    func send(_ kind: MessageKind, _ bytes: Span<UInt8>) -> Bool {
        guard phase == .open, isWelcomed else { return false }
        return loop.send(kind, bytes, to: connection)
    }

    func close(_ code: CloseCode, reason: String) {
        loop.close(connection, code, reason: reason)
    }

    /// Sends one control message.
    func write(_ encode: (inout ByteBuffer) -> Void) {
        guard phase == .open, !route.isRaw else { return }
        loop.write(to: connection, encode)
    }

    func writeWelcome(_ change: WebSocketEventChange) {
        write {
            Welcome(self, change).write(at: timestamp, into: &$0)
        }
    }

    func writeAck(_ payload: Span<UInt8>, _ form: PayloadForm, id: MessageID?) {
        guard phase == .open else { return }
        loop.write(to: connection) {
            ControlWriter.messageAck(payload, form, id: id, at: timestamp, into: &$0)
        }
    }

    func writeError(_ error: RoomError, id: MessageID?) {
        writeError(error.message, type: error.errorType, id: id)
        if let cause = error.cause { raiseServerError(cause) }
    }

    func writeError(_ sentence: String, type: String, id: MessageID?) {
        loop.counters.failed(ErrorWord(errorType: type))
        write { ControlWriter.error(sentence, type: type, id: id, at: timestamp, into: &$0) }
    }

    /// Tells the client that its message went no further; at most ten times a second.
    func writeBlocked(_ blocked: BlockedMessage, original: Span<UInt8>, id: MessageID?) {
        loop.counters.failed(ErrorWord(errorType: blocked.code.rawValue))
        // A message with an id is answered in any case.
        guard mayNotify() || id != nil else { return }
        loop.write(to: connection) {
            ControlWriter.messageBlocked(
                blocked, original: original, id: id, at: timestamp, into: &$0)
        }
    }

    private func mayNotify() -> Bool {
        if noticeWindow.nanoseconds(until: now) >= 1_000_000_000 {
            noticeWindow = now
            noticesInWindow = 0
        }
        noticesInWindow += 1
        return noticesInWindow <= core.configuration.blockedNoticesPerSecondMax
    }

    // MARK: - Errors

    /// The server failed this connection: onServerError runs next.
    func raiseServerError(_ error: String) {
        loop.counters.failed(.serverError)
        guard !route.isRaw else { return }
        putFirst(NoticeFlow(.onServerError, error, type: "server_error", closeCode: nil))
    }

    /// The client broke a rule, or its transport failed: onError runs next.
    func raiseError(_ error: String, type: String, closeCode: UInt16?) {
        guard !route.isRaw else { return }
        enqueue(NoticeFlow(.onError, error, type: type, closeCode: closeCode))
    }

    /// Messages to it were dropped because it reads too slowly: onError runs, at most once a second.
    func messagesDropped(_ count: Int) {
        var notices = drops ?? DropNotices()
        // An application that is busy with the last ones is not given more.
        let told = notices.add(count, now: now, isHeldBack: waiting.count >= 4)
        drops = notices
        guard let told else { return }
        raiseError(
            "slow consumer; messages dropped: \(told)", type: "slow_consumer", closeCode: nil)
    }

    // MARK: - Flows

    /// Has a flow run when all before it have ended.
    func enqueue(_ flow: some Flow) {
        waiting.append(Waiting(flow))
        serveWaiting()
    }

    /// Has a flow run before those that wait already.
    private func putFirst(_ flow: some Flow) {
        waiting.insert(Waiting(flow), at: 0)
        serveWaiting()
    }

    func enqueueJoin(_ roomId: String) {
        enqueue(JoinFlow(RoomID(roomId), .client(nil)))
    }

    func enqueueLeave(_ roomId: String) {
        enqueue(LeaveFlow(RoomID(roomId), .client(nil)))
    }

    /// Runs the flows that wait, until one has to be waited for.
    func serveWaiting() {
        guard !isServingWaiting, phase != .opening else { return }
        isServingWaiting = true
        while !isRunning, !waiting.isEmpty { waiting.removeFirst().begin(self) }
        isServingWaiting = false
        if hasEnded, !isRunning { task?.end() }
    }

    /// Drives a flow as far as it goes without waiting; has it go on in a task if that is not to its end.
    func run<Running: Flow>(_ flow: consuming Running, _ text: Span<UInt8>) {
        isRunning = true
        var input = FlowInput.start
        while true {
            let step = flow.advance(input, self, text)
            switch step {
            case .finished:
                isRunning = false
                return serveWaiting()
            case .ask: return suspend(flow, at: step, text)
            case .run(let event):
                switch route.callbacks[Int(event.rawValue)] {
                case .none: input = .outcome(.passed)
                case .sync(let body):
                    input = .outcome(call(body, event, flow.fields(of: event), text))
                case .async: return suspend(flow, at: step, text)
                }
            }
        }
    }

    private func suspend<Running: Flow>(
        _ flow: consuming Running, at step: FlowStep, _ text: Span<UInt8>
    ) {
        loop.pause(connection)
        let suspended = Suspended(flow, at: step, text: text.copied())
        if route.hasAsyncCallback {
            let task = task ?? FlowTask(self)
            self.task = task
            task.give(suspended)
        } else {
            Task.detached(executorPreference: loop.eventLoop) { await suspended.finish(self) }
        }
    }

    /// Drives a flow to its end, waiting where it has to. On the loop, in a task that prefers it.
    func drive<Running: Flow>(
        _ flow: inout Running, from step: FlowStep, text: [UInt8]
    ) async {
        var step = step
        while true {
            let input: FlowInput
            switch step {
            case .finished: return
            case .ask(let request): input = .answer(await core.ask(request, self))
            case .run(let event):
                input = .outcome(await outcome(of: event, flow.fields(of: event), text))
            }
            step = flow.advance(input, self, text.span)
        }
    }

    /// A flow that was waited for has ended: the next ones, and the client's next message.
    func flowEnded() {
        isRunning = false
        serveWaiting()
        if !isRunning, phase == .open { loop.resume(connection) }
    }

    // MARK: - In place

    func joinInPlace(_ roomId: String) async throws(RoomError) {
        let refusal = await runInPlace { JoinFlow(RoomID(roomId), $0) }
        if let refusal { throw refusal }
    }

    func leaveInPlace(_ roomId: String) async throws(RoomError) {
        let refusal = await runInPlace { LeaveFlow(RoomID(roomId), $0) }
        if let refusal { throw refusal }
    }

    /// Runs a flow nested in the callback that asks for it. Before the 101 it is put off.
    func runInPlace<Nested: Flow>(_ make: (FlowAnswer) -> Nested) async -> RoomError? {
        guard phase != .opening else {
            enqueue(make(.client(nil)))
            return nil
        }
        let refusal = Refusal()
        var flow = make(.server { refusal.error = $0 })
        let first = flow.advance(.start, self, Span())
        await drive(&flow, from: first, text: [])
        return refusal.error
    }

    private final class Refusal {
        var error: RoomError?
    }

    // MARK: - Callbacks

    /// Whether an event is to be run; counts the answer. A clear bit costs this test.
    func admits(_ event: WebSocketEvent) -> Bool {
        let isOpen = route.gate.mask.contains(event)
        let counted = loop.counters.routes[route.index]
        if isOpen {
            counted.eventsRun.raise(Int(event.rawValue))
        } else {
            counted.eventsFiltered.raise(Int(event.rawValue))
        }
        return isOpen
    }

    private func call(
        _ body: (borrowing WebSocketEventData) throws -> WebSocketEventResult?,
        _ event: WebSocketEvent, _ fields: EventFields, _ text: Span<UInt8>
    ) -> EventOutcome {
        loop.logEvent(event, self, text.count)
        return EventBytes.withBorrowed(text) { bytes in
            let data = makeData(event, fields, bytes)
            do {
                return EventOutcome(try body(data))
            } catch {
                return .failed("\(error)")
            }
        }
    }

    private func outcome(
        of event: WebSocketEvent, _ fields: EventFields, _ text: [UInt8]
    ) async -> EventOutcome {
        switch route.callbacks[Int(event.rawValue)] {
        case .none: return .passed
        case .sync(let body): return call(body, event, fields, text.span)
        case .async(let body):
            loop.logEvent(event, self, text.count)
            callbackDepth += 1
            defer { callbackDepth -= 1 }
            let data = makeData(event, fields, EventBytes(owned: text))
            do {
                return EventOutcome(try await body(data))
            } catch {
                return .failed("\(error)")
            }
        }
    }

    private func makeData(
        _ event: WebSocketEvent, _ fields: EventFields, _ bytes: consuming EventBytes
    ) -> WebSocketEventData {
        WebSocketEventData(
            event: event, connection: WebSocketConnection(peer: self), bytes: bytes,
            fields: fields, wallClockMilliseconds: loop.eventLoop.wallClockMilliseconds)
    }

    /// Runs onConnect, before the connection is open.
    func connect() async -> EventOutcome {
        await WebSocketPeer.$current.withValue(self) {
            await outcome(of: .onConnect, EventFields(), [])
        }
    }

    /// Runs a synchronous onConnect; nil when it has to be waited for.
    func connectAtOnce() -> EventOutcome? {
        switch route.callbacks[Int(WebSocketEvent.onConnect.rawValue)] {
        case .none: .passed
        case .sync(let body): call(body, .onConnect, EventFields(), Span())
        case .async: nil
        }
    }
}

/// A flow that waits for those before it.
private protocol WaitingFlow {
    func begin(_ peer: WebSocketPeer)
}

private struct Waiting<Pending: Flow>: WaitingFlow {
    let flow: Pending

    init(_ flow: Pending) {
        self.flow = flow
    }

    func begin(_ peer: WebSocketPeer) {
        peer.run(flow, Span())
    }
}
