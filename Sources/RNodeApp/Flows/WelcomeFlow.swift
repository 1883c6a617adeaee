/// A connection has opened: `welcome` is sent, unless onWelcome cancels it.
struct WelcomeFlow: Flow {
    private var hasRun = false

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if !hasRun {
            hasRun = true
            if peer.admits(.onWelcome) { return .run(.onWelcome) }
        }
        switch input.outcome {
        case .passed: peer.writeWelcome(WebSocketEventChange())
        case .modified(let change): peer.writeWelcome(change)
        case .cancelled: break
        case .failed(let reason): peer.raiseServerError(reason)
        }
        peer.welcomed()
        return .finished
    }

    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        fields.type = "welcome"
        return fields
    }
}
