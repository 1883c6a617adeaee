/// Something went wrong: onError when the client is at fault, onServerError when the server is.
struct NoticeFlow: Flow {
    let event: WebSocketEvent
    let error: String
    let errorType: String
    let closeCode: UInt16?
    private var hasRun = false

    init(_ event: WebSocketEvent, _ error: String, type errorType: String, closeCode: UInt16?) {
        self.event = event
        self.error = error
        self.errorType = errorType
        self.closeCode = closeCode
    }

    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep {
        if !hasRun {
            hasRun = true
            if peer.admits(event) { return .run(event) }
        }
        // A throw of onServerError itself raises nothing further.
        if case .failed(let reason) = input.outcome, event == .onError {
            peer.raiseServerError(reason)
        }
        return .finished
    }

    func fields(of event: WebSocketEvent) -> EventFields {
        var fields = EventFields()
        fields.error = error
        fields.errorType = errorType
        fields.closeCode = closeCode
        return fields
    }
}
