/// A client leaves a room, by its own message or by a call of the server's.
///
/// | stage | asks or runs | then |
/// |---|---|---|
/// | start | onLeaveRoom | cancelled or thrown: it stays |
/// | leaving | registry: leave | no member any more here, `room_left`, announced |
struct LeaveFlow: MembershipFlow {
    static var wireType: StaticString { "leave_room" }

    private enum Stage {
        case start, deciding, leaving
    }

    let room: RoomID?
    let answer: FlowAnswer
    private var stage = Stage.start

    init(_ room: RoomID?, _ answer: FlowAnswer) {
        self.room = room
        self.answer = answer
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        switch stage {
        case .start: return begin(peer)
        case .deciding: return settle(input.outcome, peer)
        case .leaving: return finish(input.answer, peer)
        }
    }

    private mutating func begin(_ peer: WebSocketPeer) -> FlowStep {
        guard peer.isOpen else { return refuse(.clientNotFound, peer) }
        guard let room else { return refuse(.roomNotFound, peer) }
        // Who is no member asks the registry, which knows whether the room exists.
        guard peer.joined(room) != nil else {
            stage = .leaving
            return .ask(.leave(room))
        }
        stage = .deciding
        if peer.admits(.onLeaveRoom) { return .run(.onLeaveRoom) }
        return settle(.passed, peer)
    }

    private mutating func settle(
        _ outcome: EventOutcome, _ peer: WebSocketPeer
    ) -> FlowStep {
        guard let room else { return .finished }
        if let refusal = refusal(outcome, peer, blocked: RoomError.roomLeaveBlocked) {
            return refuse(refusal, peer)
        }
        // Also when the connection has closed meanwhile: its end does not run onLeaveRoom for this room again.
        stage = .leaving
        return .ask(.leave(room))
    }

    private func finish(_ answer: RegistryAnswer, _ peer: WebSocketPeer) -> FlowStep {
        guard case .departure(let departure) = answer else { return refuse(answer.refusal, peer) }
        peer.exit(departure, id: self.answer.id)
        self.answer.complete(nil)
        return .finished
    }
}
