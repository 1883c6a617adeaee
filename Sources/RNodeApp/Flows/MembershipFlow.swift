/// What joining and leaving a room have in common: the room, who is answered, and what a callback may say.
protocol MembershipFlow: Flow {
    /// The type of the message that asks for it.
    static var wireType: StaticString { get }
    /// The room; nil when what was asked for is no room's id.
    var room: RoomID? { get }
    /// Who is told how it went.
    var answer: FlowAnswer { get }
}

extension MembershipFlow {
    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        fields.roomID = room
        fields.type = Self.wireType
        return fields
    }

    /// Takes the callback's outcome; returns what it refused by, nil when the flow goes on.
    func refusal(
        _ outcome: EventOutcome, _ peer: WebSocketPeer, blocked: (String?) -> RoomError
    ) -> RoomError? {
        switch outcome {
        case .passed: return nil
        case .modified(let change):
            if let metadata = change.metadata { peer.metadata = metadata }
            return nil
        case .cancelled(let reason): return blocked(reason)
        case .failed(let reason):
            peer.raiseServerError(reason)
            return blocked(nil)
        }
    }

    /// Ends the flow by a refusal.
    func refuse(_ error: RoomError, _ peer: WebSocketPeer) -> FlowStep {
        answer.refuse(error, peer)
        return .finished
    }
}

extension RegistryAnswer {
    /// Why the registry refused.
    var refusal: RoomError {
        if case .refused(let error) = self { error } else { .serverError(cause: "no answer") }
    }
}
