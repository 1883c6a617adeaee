/// A binary message of the client. It goes nowhere by itself: the callback is who it is for.
struct BinaryFlow: Flow {
    private var hasRun = false

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if !hasRun {
            hasRun = true
            if peer.admits(.onBinaryMessage) { return .run(.onBinaryMessage) }
        }
        switch input.outcome {
        case .passed, .modified: break
        case .cancelled(let reason): block(peer, .byHandler, reason ?? "Message blocked")
        case .failed(let reason):
            block(peer, .handlerFailed, "The message could not be handled")
            peer.raiseServerError(reason)
        }
        return .finished
    }

    func fields(of event: WebSocketEvent) -> EventFields { EventFields() }

    private func block(_ peer: WebSocketPeer, _ code: BlockedMessage.Code, _ reason: String) {
        let blocked = BlockedMessage(
            reason: reason, event: "binary_message", code: code, room: nil)
        peer.writeBlocked(blocked, original: Span(), id: nil)
    }
}
