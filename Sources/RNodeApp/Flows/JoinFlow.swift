/// A client joins a room, by its own message or by a call of the server's.
///
/// | stage | asks or runs | then |
/// |---|---|---|
/// | start | registry: reserve | refused: answered; the seat is counted from here on |
/// | reserved | onJoinRoom | cancelled or thrown: the seat is given back |
/// | admitted | registry: confirm | member here, `room_joined`, announced |
/// | refused | registry: release | answered |
struct JoinFlow: MembershipFlow {
    static var wireType: StaticString { "join_room" }

    private enum Stage {
        case start, reserving, deciding, confirming, releasing
    }

    let room: RoomID?
    let answer: FlowAnswer
    private var stage = Stage.start
    private var seat: Seat?
    private var refusal: RoomError?

    init(_ room: RoomID?, _ answer: FlowAnswer) {
        self.room = room
        self.answer = answer
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        switch stage {
        case .start: return reserve(peer)
        case .reserving: return decide(input.answer, peer)
        case .deciding: return settle(input.outcome, peer)
        case .confirming: return finish(input.answer, peer)
        case .releasing: return refuse(refusal ?? .roomJoinBlocked(), peer)
        }
    }

    private mutating func reserve(_ peer: WebSocketPeer) -> FlowStep {
        guard peer.isOpen else { return refuse(.clientNotFound, peer) }
        guard let room else { return refuse(.roomNotFound, peer) }
        guard peer.joined(room) == nil else { return refuse(.alreadyInRoom, peer) }
        stage = .reserving
        return .ask(.reserve(room))
    }

    private mutating func decide(
        _ answer: RegistryAnswer, _ peer: WebSocketPeer
    ) -> FlowStep {
        guard case .seat(let seat) = answer else {
            return refuse(answer.refusal, peer)
        }
        self.seat = seat
        stage = .deciding
        if peer.admits(.onJoinRoom) { return .run(.onJoinRoom) }
        return settle(.passed, peer)
    }

    private mutating func settle(
        _ outcome: EventOutcome, _ peer: WebSocketPeer
    ) -> FlowStep {
        guard let seat else { return .finished }
        if let refusal = refusal(outcome, peer, blocked: RoomError.roomJoinBlocked) {
            return giveBack(seat, refusal)
        }
        guard peer.isOpen else { return giveBack(seat, .clientNotFound) }
        stage = .confirming
        return .ask(.confirm(seat))
    }

    private mutating func giveBack(_ seat: Seat, _ refusal: RoomError) -> FlowStep {
        self.refusal = refusal
        stage = .releasing
        return .ask(.release(seat))
    }

    private func finish(_ answer: RegistryAnswer, _ peer: WebSocketPeer) -> FlowStep {
        guard case .admission(let admission) = answer else { return refuse(answer.refusal, peer) }
        // The connection may have ended meanwhile; its end tells the registry.
        guard peer.isOpen else { return refuse(.clientNotFound, peer) }
        // Or the room: who removed it has told its members before this one was among them.
        guard !admission.room.isRemoved else { return refuse(.roomNotFound, peer) }
        peer.enter(admission, id: self.answer.id)
        self.answer.complete(nil)
        return .finished
    }
}
