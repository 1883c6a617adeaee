/// A connection has closed: onLeaveRoom once for each room, then onClose, then the registry forgets it and who is
/// still in the rooms is told.
struct CloseFlow: Flow {
    private enum Stage {
        case start, leaving, closing, forgetting
    }

    let closeCode: UInt16
    let reason: String
    /// The rooms still to be told of, the next one last.
    private var rooms: [Room] = []
    private var current: RoomID?
    private var stage = Stage.start

    init(closeCode: UInt16, reason: String) {
        self.closeCode = closeCode
        self.reason = reason
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if case .failed(let error) = input.outcome { peer.raiseServerError(error) }
        if case .modified(let change) = input.outcome, let metadata = change.metadata {
            peer.metadata = metadata
        }
        switch stage {
        case .start:
            // Asked only now: a leave that was under way has ended, and its room is not left twice.
            rooms = peer.takeRooms().reversed()
            stage = .leaving
            return leaveNext(peer)
        case .leaving: return leaveNext(peer)
        case .closing: return forget(peer)
        case .forgetting:
            if case .departures(let departures) = input.answer { peer.announceLeft(departures) }
            return end(peer)
        }
    }

    private mutating func leaveNext(_ peer: WebSocketPeer) -> FlowStep {
        while let room = rooms.popLast() {
            current = room.id
            if peer.admits(.onLeaveRoom) { return .run(.onLeaveRoom) }
        }
        stage = .closing
        current = nil
        if peer.admits(.onClose) { return .run(.onClose) }
        return forget(peer)
    }

    private mutating func forget(_ peer: WebSocketPeer) -> FlowStep {
        stage = .forgetting
        return peer.hasMembership ? .ask(.leaveAll) : end(peer)
    }

    private func end(_ peer: WebSocketPeer) -> FlowStep {
        peer.ended()
        return .finished
    }

    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        guard event == .onClose else {
            fields.roomID = current
            return fields
        }
        fields.closeCode = closeCode
        fields.message = .text(reason)
        return fields
    }
}
