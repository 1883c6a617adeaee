// @unchecked: touched on its loop's thread only; the task that waits for onConnect runs there.
/// A WebSocket connection about to open: the handshake is right, onConnect is still to decide.
final class Opening: @unchecked Sendable {
    let route: WebSocketRoute
    let peer: WebSocketPeer?
    let handshake: Handshake
    /// The client's address.
    let client: String
    /// The connection is gone, or was answered already: the decision comes too late.
    var isAbandoned = false

    init(route: WebSocketRoute, peer: WebSocketPeer?, handshake: Handshake, client: String) {
        self.route = route
        self.peer = peer
        self.handshake = handshake
        self.client = client
    }
}

/// A refusal of an opening request: an HTTP status, and the reason in its body.
struct OpeningRefusal: Error {
    let status: Int
    let reason: String
    var fields = HTTPFields()
    /// The limit that was passed, to be counted.
    var limit: LimitName?

    /// Handshake and onConnect together took longer than they may.
    static let tooLate = OpeningRefusal(
        status: 503, reason: "The handshake took too long", limit: .handshakeTimeout)
}

extension AppLoop {
    /// Checks an upgrade request; returns what is to be opened, once onConnect agrees.
    func opening(
        _ route: WebSocketRoute, _ params: RouteParameters, from client: String,
        on connection: ConnectionID
    ) throws(OpeningRefusal) -> Opening {
        guard route.origins.admits(head) else {
            throw OpeningRefusal(status: 403, reason: "Origin not allowed", limit: .origins)
        }
        let handshake: Handshake
        do throws(HandshakeError) {
            var fields = HandshakeFields()
            head.forEachField { fields.receive($0, $1) }
            handshake = try Handshake(fields, limits: route.limits)
        } catch {
            throw OpeningRefusal(error)
        }
        if handshake.declinesOffers { counters.breached(.offersMax) }
        let clientID = try requestedClientID()
        // A raw connection that nobody names costs no more than its session.
        guard !route.isRaw || clientID != nil else {
            return Opening(route: route, peer: nil, handshake: handshake, client: client)
        }
        let path = head.path
        let request = OpeningRequest(
            path: path == route.path ? route.path : path, params: params, query: head.query,
            lines: FieldLines(head),
            remoteAddress: client)
        let peer = makePeer(
            route, connection, clientID: clientID ?? makeClientID(), request: request)
        peer.subprotocol = handshake.firstSubprotocol(of: route.subprotocols)
        return Opening(route: route, peer: peer, handshake: handshake, client: client)
    }

    /// The `clientId` of the query: 1–128 bytes without controls; nil when there is none.
    private func requestedClientID() throws(OpeningRefusal) -> String? {
        let query = head.query
        let given = query.raw.utf8.split(separator: UInt8(ascii: "&")).filter {
            $0.starts(with: "clientId=".utf8)
        }
        let values = query.all("clientId")
        // What can't be decoded is missing from the values.
        guard given.count <= values.count, values.count <= 1 else {
            throw OpeningRefusal(status: 400, reason: "Invalid clientId")
        }
        // Empty counts as none.
        guard let value = values.first, !value.isEmpty else { return nil }
        guard ClientID.isValid(value) else {
            let isTooLong = value.utf8.count > ClientID.byteCountMax
            throw OpeningRefusal(
                status: 400, reason: "Invalid clientId", limit: isTooLong ? .clientIdBytes : nil)
        }
        return value
    }

    /// Sends the 101 and goes over to WebSocket.
    func open(_ opening: Opening, on connection: inout ConnectionContext) {
        let route = opening.route
        guard !core.isClosing else {
            return refuse(
                OpeningRefusal(status: 503, reason: "Stopping"), opening.client, on: &connection)
        }
        let deflate = route.compression.flatMap {
            PerMessageDeflate.accepting(
                opening.handshake.extensions, $0, deflateStreams,
                inflateRatioMax: route.limits.inflateRatioMax)
        }
        do throws(HandshakeError) {
            try opening.handshake.answer(
                subprotocol: opening.handshake.firstSubprotocol(of: route.subprotocols),
                extension: deflate?.answer
            ).encode(into: &connection.output)
        } catch {
            return refuse(OpeningRefusal(error), opening.client, on: &connection)
        }
        let session = WebSocketSession(
            role: .server, share: sessionShares[route.index], extension: deflate,
            now: connection.now,
            jitter: UInt8(truncatingIfNeeded: random.next()))
        connection.outputHardCapBytes = route.outputHardCapBytes(core.configuration.io)
        connection.overflowPolicy = route.slowConsumers.overflow
        var state = WebSocketState(
            session, route: route, counters: counters.routes[route.index], peer: opening.peer,
            openedAt: connection.now)
        if let end = endOfLife(from: connection.now) { state.endOfLife = end }
        connections.put(.webSocket(Owned(state)), at: connection.id.slot)
        counters.routes[route.index].connectionOpened()
        opening.peer?.opened()
        opened(route, connection.id)
        // The first JSON ping has a deadline too.
        withWebSocket(connection.id) { setDeadline($0, &connection) }
    }

    /// When a connection that opens now will be too old: its age, and up to a tenth of that more or less; nil for never.
    private func endOfLife(from now: MonotonicInstant) -> MonotonicInstant? {
        guard let age = core.configuration.connectionAgeMax?.nanosecondsClamped else { return nil }
        // At most a year, so nothing here overflows.
        let jitter = Int64(random.next() % UInt64(max(age / 5, 1))) &- age / 10
        return now.advanced(byNanoseconds: age &+ jitter)
    }

    private func opened(_ route: WebSocketRoute, _ connection: ConnectionID) {
        guard let body = route.raw?.open else { return }
        var context = RawWebSocketContext(loop: self, connection: connection)
        do {
            try body(&context)
        } catch {
            failedRaw(error)
        }
    }

    /// Answers an opening with an error, and closes.
    func refuse(
        _ refusal: OpeningRefusal, _ client: String, on connection: inout ConnectionContext
    ) {
        counters.failed(.handshake)
        counters.breached(refusal.limit)
        core.log(
            .openingRefused, at: connection.now,
            ["status": "\(refusal.status)", "peer": core.log.peer(client)])
        setResponseTime()
        responses.encodeError(
            refusal.status, reason: refusal.reason, fields: refusal.fields,
            terms: refusalTerms(connection.id), into: &connection.output)
        connection.close()
    }

    /// What the refused request demands of its answer: none has a body to HEAD.
    private func refusalTerms(_ connection: ConnectionID) -> ResponseTerms {
        let terms = connections.borrow(at: connection.slot) { state in
            state.withHTTP {
                $0.borrow { $0.session.responseTerms(limits: core.configuration.http) }
            }
        }
        return (terms ?? nil) ?? .closing
    }

    /// Applies what onConnect decided; nil opens the connection.
    func refusal(_ outcome: EventOutcome, _ peer: WebSocketPeer) -> OpeningRefusal? {
        switch outcome {
        case .passed: return nil
        case .cancelled(let reason):
            return OpeningRefusal(status: 403, reason: reason ?? "Forbidden")
        case .failed(let reason):
            counters.failed(.serverError)
            core.log(.onConnectThrew, at: eventLoop.now, ["error": reason])
            peer.refused(reason)
            return OpeningRefusal(status: 500, reason: "Internal server error")
        case .modified(let change):
            if let metadata = change.metadata { peer.metadata = metadata }
            guard let clientID = change.clientId else { return nil }
            guard ClientID.isValid(clientID) else {
                return OpeningRefusal(status: 500, reason: "Internal server error")
            }
            peer.clientID = clientID
            return nil
        }
    }

    /// Waits for an async onConnect; the connection takes no bytes meanwhile.
    func decide(_ opening: Opening, _ peer: WebSocketPeer, _ connection: ConnectionID) {
        Task(executorPreference: eventLoop) {
            let outcome = await peer.connect()
            guard !opening.isAbandoned else { return }
            _ = self.eventLoop.withConnection(connection) { context in
                context.resumeReading()
                if let refusal = self.refusal(outcome, peer) {
                    self.refuse(refusal, opening.client, on: &context)
                } else {
                    self.open(opening, on: &context)
                }
            }
        }
    }
}

extension OpeningRefusal {
    init(_ error: HandshakeError) {
        status = error.status
        reason = error.description
        for field in error.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            fields.append(HTTPField(name: name, value: field.value))
        }
    }
}

/// The rules of a client's id.
enum ClientID {
    /// The longest id, in bytes.
    static let byteCountMax = 128

    static func isValid(_ id: String) -> Bool { isValid(id.utf8Span.span) }

    /// The same of an id's UTF-8.
    static func isValid(_ id: Span<UInt8>) -> Bool {
        guard (1...byteCountMax).contains(id.count) else { return false }
        for index in id.indices where id[index] < 0x20 || id[index] == 0x7F { return false }
        return true
    }
}
