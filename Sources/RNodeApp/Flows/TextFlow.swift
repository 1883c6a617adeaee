/// A text of the client: an ordinary message, one to a room, or one to another client.
///
/// | stage | runs | then |
/// |---|---|---|
/// | received | onMessage | passed: its kind; modified: scanned again; cancelled or thrown: `message_blocked` |
/// | room | onRoomMessage | published, and acknowledged if it has an id |
/// | direct | onDirectMessage | sent to each connection of the client, and acknowledged if it has an id |
struct TextFlow: Flow {
    private enum Stage {
        case received, message, room, findingRoom, direct
    }

    private var stage = Stage.received
    private var control: ControlMessage
    /// The message as it came: whatever a callback makes of it, its id is the one that is answered.
    private let original: ControlMessage
    /// The text that goes on, when a callback changed it; `control` is about it then.
    private var changed: [UInt8]?
    private var room: Room?
    private var payload = MessagePayload(isString: true)
    private var target: String?

    init(_ control: ControlMessage) {
        self.control = control
        original = control
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        switch stage {
        case .received:
            stage = .message
            if peer.admits(.onMessage) { return .run(.onMessage) }
            return goOn(peer, text)
        case .message:
            guard apply(input.outcome, peer, text) else { return .finished }
            return goOn(peer, text)
        case .findingRoom:
            return found(input.answer, peer, text)
        case .room:
            return publish(input.outcome, peer, text)
        case .direct:
            return sendDirect(input.outcome, peer, text)
        }
    }

    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        fields.hasText = true
        guard event != .onMessage else {
            fields.type = control.kind.wireType
            return fields
        }
        fields.isFromClient = true
        fields.message = .payload(ownPayload)
        fields.roomID = room?.id
        fields.targetClientID = target
        fields.type = control.kind.wireType
        return fields
    }

    /// The payload with bytes of its own when it stands in a changed text.
    private var ownPayload: MessagePayload {
        guard let changed, payload.replacement == nil else { return payload }
        var own = payload
        own.replacement = Array(changed[payload.range.clamped(to: 0..<changed.count)])
        return own
    }

    // MARK: - Outcomes

    /// Takes a callback's outcome; false when the message goes no further.
    private mutating func apply(
        _ outcome: EventOutcome, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> Bool {
        switch outcome {
        case .passed: return true
        case .cancelled(let reason):
            block(peer, text, .byHandler, reason)
            return false
        case .failed(let reason):
            block(peer, text, .handlerFailed, reason)
            return false
        case .modified(let change):
            if take(change, limits: peer.core.configuration.json) { return true }
            block(peer, text, .handlerFailed, "the modified message is not JSON")
            return false
        }
    }

    /// Takes what a callback changed: onMessage the text, the others the payload. False when that can't be.
    private mutating func take(_ change: WebSocketEventChange, limits: JSONLimits) -> Bool {
        guard stage == .message else { return payload.replace(by: change, limits: limits) }
        guard let data = change.data else { return true }
        let bytes = [UInt8](data.utf8)
        control = ControlMessage.scan(bytes.span, limits: limits)
        changed = bytes
        return true
    }

    private func block(
        _ peer: WebSocketPeer, _ text: Span<UInt8>, _ code: BlockedMessage.Code, _ reason: String?
    ) {
        let blocked = BlockedMessage(
            reason: code == .handlerFailed
                ? "The message could not be handled" : reason ?? "Message blocked",
            event: control.kind.blockedEvent, code: code, room: withText(text, control.roomID(in:)))
        peer.writeBlocked(blocked, original: text, id: original.id(in: text))
        if code == .handlerFailed { peer.raiseServerError(reason ?? "callback failed") }
    }

    private func withText<Result>(_ text: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        if let changed { return body(changed.span) }
        return body(text)
    }

    // MARK: - By kind

    private mutating func goOn(_ peer: WebSocketPeer, _ text: Span<UInt8>) -> FlowStep {
        // A text that a callback made into any other control message is an ordinary one.
        let isApplicationText =
            [.ordinary, .message, .roomMessage, .directMessage].contains(control.kind)
        if isApplicationText, let fault = control.fault { return refuse(fault, peer, text) }
        switch control.kind {
        case .roomMessage: return beginRoom(peer, text)
        case .directMessage: return beginDirect(peer, text)
        default:
            let id = original.id(in: text)
            withText(text) { peer.writeAck($0, .text, id: id) }
            return .finished
        }
    }

    private func refuse(
        _ fault: ControlFault, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if case .idInvalid = fault { peer.loop.counters.breached(.messageIdBytes) }
        peer.writeError(
            fault.message, type: fault.errorType, id: original.id(in: text))
        return .finished
    }

    private func refuse(
        _ error: RoomError, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        peer.writeError(error, id: original.id(in: text))
        return .finished
    }

    private mutating func takePayload() {
        guard let value = control.payload else { return }
        payload = MessagePayload(range: value.range, isString: value.isString)
    }

    // MARK: - To a room

    private mutating func beginRoom(_ peer: WebSocketPeer, _ text: Span<UInt8>) -> FlowStep {
        takePayload()
        guard let id = withText(text, control.roomID(in:)) else {
            return refuse(.roomNotFound, peer, text)
        }
        if let joined = peer.joined(id) { return run(joined, peer, text) }
        // Only who is not a member needs to know whether the room exists.
        stage = .findingRoom
        return .ask(.find(id))
    }

    private mutating func found(
        _ answer: RegistryAnswer, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        guard case .room(let room) = answer else { return refuse(.roomNotFound, peer, text) }
        guard peer.route.roomSendPolicy.admitsAnyone else { return refuse(.notAMember, peer, text) }
        return run(room, peer, text)
    }

    private mutating func run(
        _ room: Room, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        self.room = room
        stage = .room
        if peer.admits(.onRoomMessage) { return .run(.onRoomMessage) }
        return publish(.passed, peer, text)
    }

    private mutating func publish(
        _ outcome: EventOutcome, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        guard let room, apply(outcome, peer, text) else { return .finished }
        withText(text) { text in
            payload.withJSON(in: text) { json in
                peer.publish(json, isString: payload.isString, to: room)
            }
        }
        acknowledge(peer, text)
        return .finished
    }

    // MARK: - To a client

    private mutating func beginDirect(_ peer: WebSocketPeer, _ text: Span<UInt8>) -> FlowStep {
        takePayload()
        guard let target = withText(text, control.targetClientID(in:)),
            peer.core.directory.hasConnection(target)
        else { return refuse(.clientNotFound, peer, text) }
        self.target = target
        stage = .direct
        if peer.admits(.onDirectMessage) { return .run(.onDirectMessage) }
        return sendDirect(.passed, peer, text)
    }

    private mutating func sendDirect(
        _ outcome: EventOutcome, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        guard let target, apply(outcome, peer, text) else { return .finished }
        let isDelivered = withText(text) { text in
            payload.withJSON(in: text) { json in
                peer.loop.sendDirect(
                    json, isString: payload.isString, from: peer.clientID, to: target)
            }
        }
        guard isDelivered else { return refuse(.clientNotFound, peer, text) }
        acknowledge(peer, text)
        return .finished
    }

    // MARK: - Both

    private func acknowledge(_ peer: WebSocketPeer, _ text: Span<UInt8>) {
        guard let id = original.id(in: text) else { return }
        withText(text) { text in
            payload.withJSON(in: text) { peer.writeAck($0, .json, id: id) }
        }
    }
}
