internal import Synchronization

// Rooms and clients, under the names of the API document. A room's or connection's id that is none counts as unknown.
extension App {
    // MARK: - Rooms

    /// Makes a room and returns its id.
    ///
    /// Throws ``/RNodeRooms/RoomError``: a name that is not 1–255 bytes without controls, `maxConnections` below 1, too many
    /// rooms, or a store that failed.
    @discardableResult
    public func createRoom(
        _ name: String, description: String? = nil, maxConnections: Int? = nil,
        metadata: [String: String] = [:]
    ) async throws(RoomError) -> String {
        do throws(RoomError) {
            let room = try await registry.createRoom(
                name, description: description, maxConnections: maxConnections, metadata: metadata)
            return room.id.description
        } catch {
            let isTooLong = name.utf8.count > registry.limits.roomNameBytesMax
            core?.metrics.breached(
                error.field == "name" && isTooLong ? .roomNameBytesMax : LimitName(roomText: error))
            throw error
        }
    }

    /// The same, with the API document's argument order.
    @discardableResult
    public func createRoom(
        _ name: String, _ description: String?, _ maxConnections: Int? = nil
    ) async throws(RoomError) -> String {
        try await createRoom(name, description: description, maxConnections: maxConnections)
    }

    /// Sends `room_message` to all members of a room, from nobody, without running callbacks.
    ///
    /// True when the room exists, even empty.
    @discardableResult
    public func sendRoomMessage(_ roomId: String, _ message: String) async -> Bool {
        guard let id = RoomID(roomId), let room = await registry.room(id) else { return false }
        guard let loop = core?.loops.first else { return true }
        await loop.run { loop in
            var quoted = ByteBuffer()
            ControlWriter.appendString(message, to: &quoted)
            quoted.withSpan { loop.publish($0, isString: true, from: nil, to: room) }
        }
        return true
    }

    /// A room as it is now; nil when there is none.
    public func getRoomInfo(_ roomId: String) async -> WebSocketRoom? {
        guard let id = RoomID(roomId) else { return nil }
        return await registry.snapshot(of: id).map(WebSocketRoom.init)
    }

    /// All rooms, in the order they were made.
    public func getAllRooms() async -> [WebSocketRoom] {
        await registry.allRooms().map(WebSocketRoom.init)
    }

    /// Removes a room; its members get `room_left`. False when there is none.
    @discardableResult
    public func removeRoom(_ roomId: String) async throws(RoomError) -> Bool {
        guard let id = RoomID(roomId) else { return false }
        let removal: RoomRemoval
        do throws(RoomError) {
            removal = try await registry.removeRoom(id)
        } catch {
            if error == .roomNotFound { return false }
            throw error
        }
        for member in removal.members {
            guard let loop = core?.loop(member.loop) else { continue }
            await loop.run { loop in
                loop.peer(ConnectionID(rawValue: member.location))?.removed(from: id)
            }
        }
        return true
    }

    /// Replaces a room's metadata. False when there is no such room; throws when it is too big or the store failed.
    @discardableResult
    public func setRoomMetadata(
        _ roomId: String, _ metadata: [String: String]
    ) async throws(RoomError) -> Bool {
        guard let id = RoomID(roomId) else { return false }
        do throws(RoomError) {
            try await registry.setRoomMetadata(id, metadata)
            return true
        } catch {
            core?.metrics.breached(LimitName(roomText: error))
            if error == .roomNotFound { return false }
            throw error
        }
    }

    // MARK: - Members

    /// Has a client join a room, running onJoinRoom. False when it can't.
    @discardableResult
    public func joinRoom(_ connectionId: String, _ roomId: String) async -> Bool {
        await refusalToJoin(connectionId, roomId) == nil
    }

    /// Has a client leave a room, running onLeaveRoom. False when it can't.
    @discardableResult
    public func leaveRoom(_ connectionId: String, _ roomId: String) async -> Bool {
        await refusalToLeave(connectionId, roomId) == nil
    }

    func refusalToJoin(_ connectionId: String, _ roomId: String) async -> RoomError? {
        await runForPeer(connectionId) { JoinFlow(RoomID(roomId), $0) }
    }

    func refusalToLeave(_ connectionId: String, _ roomId: String) async -> RoomError? {
        await runForPeer(connectionId) { LeaveFlow(RoomID(roomId), $0) }
    }

    private func runForPeer<Asked: Flow>(
        _ connectionId: String, _ make: @escaping @Sendable (FlowAnswer) -> Asked
    ) async -> RoomError? {
        guard let location = location(connectionId), let loop = core?.loop(location.loop) else {
            return .clientNotFound
        }
        return await withTaskExecutorPreference(loop.eventLoop) {
            await loop.run(make, for: location.connection)
        }
    }

    // MARK: - Clients

    /// A connection as it is now; nil when it is gone.
    public func getClientInfo(_ connectionId: String) async -> WebSocketSocket? {
        guard let location = location(connectionId) else { return nil }
        return await core?.loop(location.loop)?.run { loop in
            loop.peer(location.connection).map(WebSocketSocket.init)
        } ?? nil
    }

    /// The rooms a connection is in, in the order it joined.
    public func getUserRooms(_ connectionId: String) async -> [WebSocketRoom] {
        guard let member = MemberID(connectionId) else { return [] }
        return await registry.rooms(of: member).map(WebSocketRoom.init)
    }

    /// Sends `direct_message` to every connection of a client, from nobody. False when it has none.
    @discardableResult
    public func sendDirectMessage(_ clientId: String, _ message: String) async -> Bool {
        guard let loop = core?.loops.first else { return false }
        return await loop.run { loop in
            var quoted = ByteBuffer()
            ControlWriter.appendString(message, to: &quoted)
            return quoted.withSpan {
                loop.sendDirect($0, isString: true, from: nil, to: clientId)
            }
        }
    }

    /// Begins the close handshake with a connection. False when it is gone.
    @discardableResult
    public func disconnect(
        _ connectionId: String, code: CloseCode = .normal, reason: String = ""
    ) async -> Bool {
        guard let location = location(connectionId), let loop = core?.loop(location.loop) else {
            return false
        }
        return await loop.run { loop in
            guard let peer = loop.peer(location.connection) else { return false }
            peer.close(code, reason: reason)
            return true
        }
    }

    /// Sends a text, without any envelope, to every connection of a route.
    ///
    /// Without `compress` nobody gets it compressed; with it, it is deflated once for all with the same parameters.
    public func broadcast(path: String, _ message: String, compress: Bool = true) async {
        var deflated: [Publication.Variant] = []
        for loop in core?.loops ?? [] {
            deflated = await loop.run { [deflated] in
                $0.broadcast(message, compress: compress, path: path, deflated)
            }
        }
    }

    // MARK: - Counters

    /// How many WebSocket connections are open now.
    public func getWebSocketConnections() -> Int { metrics?.connectionsActive ?? 0 }

    /// How many data messages were received since the start.
    public func getWebSocketMessageCount() -> Int { metrics?.messagesReceived ?? 0 }

    /// What the loops share; nil before they run, and when they have ended.
    var core: AppCore? { state.withLock { $0.core } }

    private var metrics: ServerMetrics? { state.withLock { $0.metrics } }

    private func location(_ connectionId: String) -> PeerLocation? {
        MemberID(connectionId).flatMap { core?.directory.location(of: $0) }
    }
}

extension AppLoop {
    /// Runs `body` on the loop's thread, wherever it is asked for.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (AppLoop) -> Result
    ) async -> Result {
        await withTaskExecutorPreference(eventLoop) { body(self) }
    }

    /// Runs a flow for a connection: nested if the connection's own callback asks, else in its turn. On the loop.
    func run<Asked: Flow>(
        _ make: @escaping @Sendable (FlowAnswer) -> Asked, for connection: ConnectionID
    ) async -> RoomError? {
        guard let peer = peer(connection) else { return .clientNotFound }
        if WebSocketPeer.current === peer, peer.callbackDepth > 0 {
            return await peer.runInPlace(make)
        }
        return await withCheckedContinuation { continuation in
            peer.enqueue(make(.server { continuation.resume(returning: $0) }))
        }
    }

    /// Sends a text to every connection of a route on this loop; takes what other loops deflated of it, and returns that with
    /// what this one did.
    func broadcast(
        _ message: String, compress: Bool, path: String, _ known: [Publication.Variant]
    ) -> [Publication.Variant] {
        var frame = ByteBuffer()
        FrameEncoder.encode(.text, message.utf8Span.span, into: &frame)
        var deflated = DeflatedFrames(known)
        for id in eventLoop.openConnections() {
            guard let route = route(of: id), route.path == path,
                peer(id)?.isWelcomed ?? true
            else { continue }
            let isSent = frame.withSpan { frame in
                guard compress, let deflate = deflate(of: id) else {
                    return eventLoop.deliver(frame, to: id)
                }
                let variant = deflated.variant(as: deflate.encoding, isRaw: false) {
                    $0.deflate(frame, by: deflateStreams)
                }
                guard variant.withSpan({ eventLoop.deliver($0, to: id) }) else { return false }
                if variant.isDeflated { deflate.sharedFramesSent() }
                return true
            }
            // A slow one's messages may wait, each for itself, and not compressed.
            let count =
                isSent || route.slowConsumers.overflow == .refuse
                ? (isSent ? 1 : 0)
                : frame.withSpan { enqueue($0, forRoomMember: id) }
            counters.routes[route.index].sent(bytes: message.utf8.count, times: count)
        }
        return deflated.forOthers()
    }

    /// The compression that was agreed on with a connection.
    func deflate(of connection: ConnectionID) -> PerMessageDeflate? {
        withWebSocket(connection) { $0.borrow { $0.session.extension as? PerMessageDeflate } }
            ?? nil
    }

    private func route(of connection: ConnectionID) -> WebSocketRoute? {
        withWebSocket(connection) { $0.borrow { $0.route } }
    }
}
