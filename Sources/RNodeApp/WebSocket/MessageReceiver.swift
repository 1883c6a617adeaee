/// Where a connection's messages go: looked up once for all that came in one read.
struct MessageReceiver {
    /// Whether the route is a raw one.
    let isRaw: Bool
    /// What a raw route calls.
    let body: RawWebSocketCallbacks.Message
    /// Whether messages are held against a rate.
    let isMetered: Bool

    init(_ state: borrowing WebSocketState) {
        if let raw = state.raw {
            isRaw = true
            body = raw.message
        } else {
            isRaw = false
            body = RawWebSocketCallbacks.ignored
        }
        isMetered = state.meter != nil
    }
}
