/// Where a connection's messages go: looked up once for all that came in one read.
struct MessageReceiver {
    /// Whether the route is a raw one.
    let isRaw: Bool
    /// What a raw route calls.
    let body: RawWebSocketCallbacks.Message?
    /// Whether messages are held against a rate.
    let isMetered: Bool
    /// What this loop counts of the route.
    let counters: RouteCounters

    init(_ state: borrowing WebSocketState) {
        isRaw = state.raw != nil
        body = state.raw?.message
        isMetered = state.meter != nil
        counters = state.counters
    }
}
