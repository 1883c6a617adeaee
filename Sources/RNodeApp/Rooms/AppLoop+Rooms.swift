// What a loop sends to many: rooms' messages, announcements, direct messages.
extension AppLoop {
    /// Publishes a message of a client, or of the server with nil, to all members of a room on all nodes.
    ///
    /// Without `compress` no member on this node gets it compressed.
    func publish(
        _ json: Span<UInt8>, isString: Bool, from clientID: String?, compress: Bool = true,
        to room: Room
    ) {
        publishWaiting(to: room)
        gather(json, isString: isString, from: clientID, compress: compress, to: room)
        guard core.configuration.broker.reachesOtherNodes else { return }
        publishToNodes(room, NodePublication(json: json.copied(), clientID: clientID))
    }

    private func publishToNodes(_ text: Span<UInt8>, to room: Room) {
        guard core.configuration.broker.reachesOtherNodes else { return }
        var quoted = ByteBuffer()
        ControlWriter.appendPayload(text, .text, to: &quoted)
        publishToNodes(room, NodePublication(json: quoted.copied(), clientID: nil))
    }

    private func publishToNodes(_ room: Room, _ publication: NodePublication) {
        let payload = publication.encoded()
        guard !core.configuration.broker.publish(payload.span, to: room.id) else { return }
        counters.failed(.broker)
        core.log(.brokerRefused, at: eventLoop.now, ["room": "\(room.id)"])
    }

    /// Delivers what another node published to the members on this loop.
    func deliver(_ publication: NodePublication, to room: Room) {
        let bytes = publication.json
        let json = bytes.span
        let isString = json.count > 0 && json[0] == UInt8(ascii: "\"")
        gather(
            json, isString: isString, from: publication.clientID, compress: true, to: room,
            reach: .loop, count: publication.claimCount() ? 1 : 0)
    }

    private func gather(
        _ json: Span<UInt8>, isString: Bool, from clientID: String?, compress: Bool, to room: Room,
        reach: LoopRooms.Reach = .node, count: Int = 1
    ) {
        // Raw members get just the payload: a string's content, any other value's JSON text.
        let payload = isString && core.hasRawRoutes ? JSONString.content(of: json) : nil
        rooms.publish(to: room, reach: reach, count: count, compress: compress) { full, raw in
            withEncoded({
                ControlWriter.roomMessage(
                    json, .json, room: room.id, from: clientID, at: timestamp, into: &$0)
            }) {
                FrameEncoder.encode(.text, $0, into: &full)
            }
            guard core.hasRawRoutes else { return }
            if let payload {
                FrameEncoder.encode(.text, payload.span, into: &raw)
            } else {
                FrameEncoder.encode(.text, json, into: &raw)
            }
        }
    }

    /// Publishes a raw route's message to all members of a room.
    func publish(
        _ bytes: Span<UInt8>, _ kind: MessageKind, compress: Bool = true, to room: Room
    ) {
        publishWaiting(to: room)
        if kind == .text { publishToNodes(bytes, to: room) }
        rooms.publish(to: room, compress: compress) { full, raw in
            FrameEncoder.encode(kind, bytes, into: &raw)
            guard core.hasFullRoutes else { return }
            guard kind == .text else { return FrameEncoder.encode(kind, bytes, into: &full) }
            withEncoded({
                ControlWriter.roomMessage(
                    bytes, .text, room: room.id, from: nil, at: timestamp, into: &$0)
            }) {
                FrameEncoder.encode(.text, $0, into: &full)
            }
        }
    }

    /// Has a message to a room without a member on this loop published by `publication`, once the registry has found the
    /// room. False, and counted, when too many wait for that already.
    func publish(
        toUnknown id: RoomID, _ publication: @escaping RoomLookUps.Publication
    ) -> Bool {
        guard lookUps.count < core.configuration.lookUpsMax else {
            counters.breached(.lookUpsMax)
            return false
        }
        guard lookUps.add(publication, to: id) else { return true }
        Task(executorPreference: eventLoop) {
            let room = await self.core.registry.room(id)
            for publication in self.lookUps.take(id) {
                if let room { publication(room) }
            }
        }
        return true
    }

    /// Lets out what waits for a room that is known now, before anything else is published to it: somebody may have
    /// joined on this loop while the registry was asked.
    private func publishWaiting(to room: Room) {
        guard !lookUps.isEmpty else { return }
        for publication in lookUps.take(room.id) { publication(room) }
    }

    /// Tells the full-protocol members of a room something that is no message.
    func announce(_ room: Room, _ encode: (inout ByteBuffer) -> Void) {
        rooms.publish(to: room, count: 0) { full, _ in
            withEncoded(encode) { FrameEncoder.encode(.text, $0, into: &full) }
        }
    }

    /// Sends a direct message to every connection of a client; false when it has none.
    func sendDirect(
        _ json: Span<UInt8>, isString: Bool, from clientID: String?, to target: String
    ) -> Bool {
        var isFound = false
        var full: [UInt8]?
        var raw: [UInt8]?
        core.directory.forEachConnection(of: target) { location in
            isFound = true
            let known = location.isRaw ? raw : full
            let message = known ?? directMessage(json, isString, location.isRaw, from: clientID)
            if location.isRaw { raw = message } else { full = message }
            guard location.loop != eventLoop.index else {
                _ = send(.text, message.span, to: location.connection)
                return
            }
            guard let other = core.loop(location.loop) else { return }
            let isTaken = other.eventLoop.postDroppable { _ in
                _ = other.send(.text, message.span, to: location.connection)
            }
            if !isTaken { counters.breached(.mailboxItemsMax) }
        }
        return isFound
    }

    private func directMessage(
        _ json: Span<UInt8>, _ isString: Bool, _ isRaw: Bool, from clientID: String?
    ) -> [UInt8] {
        if isRaw { return isString ? JSONString.content(of: json) : json.copied() }
        return withEncoded({
            ControlWriter.directMessage(json, .json, from: clientID, at: timestamp, into: &$0)
        }) { $0.copied() }
    }
}
