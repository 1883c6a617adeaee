/// Where a connection's messages go: looked up once for all that came in one read.
@safe
struct MessageReceiver {
    // SAFETY: not retained, for that would show in each read: the connection's state holds it, and outlives the read.
    /// What a raw route calls; nil on any other.
    private let raw: Unmanaged<RawWebSocketCallbacks>?
    /// Whether messages are held against a rate.
    let isMetered: Bool

    init(_ state: borrowing WebSocketState) {
        unsafe raw = state.raw.map { unsafe .passUnretained($0) }
        isMetered = state.meter != nil
    }

    /// Whether the route is a raw one.
    var isRaw: Bool { unsafe raw != nil }

    /// Calls a raw route's closure.
    func receive(
        _ message: Span<UInt8>, _ kind: MessageKind, _ context: inout RawWebSocketContext
    ) throws {
        try unsafe raw?._withUnsafeGuaranteedRef { try $0.message(message, kind, &context) }
    }
}
