/// Where a connection's messages come from, and where they go: looked up once for all that came in one read.
@safe
struct MessageReceiver {
    // SAFETY: not retained, for that would show in each read: the connection's route holds it, and outlives the read.
    /// What a raw route calls at once; nil on any other, and where messages are held against a rate.
    private let raw: Unmanaged<RawWebSocketCallbacks>?

    // SAFETY: the same state, which stays where it is for as long as it is open. A session's methods call nobody who could
    // use it meanwhile. Used on the loop's thread only.
    private let state: UnsafeMutablePointer<WebSocketState>

    init(_ state: borrowing Owned<WebSocketState>) {
        unsafe self.state = state.address
        unsafe raw = state.borrow { $0.route.unmeteredRaw }.map { unsafe .passUnretained($0) }
    }

    /// What the session finds next. Not by `update`: as a closure it would be called for each message.
    @inline(always)
    func next(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, now: MonotonicInstant
    ) -> WebSocketStep {
        unsafe state.pointee.session.next(&bytes, from: &offset, now: now)
    }

    /// Whether a message goes to a raw route's closure, and that is all.
    var isPlain: Bool { unsafe raw != nil }

    /// Calls a raw route's closure.
    func receive(
        _ message: Span<UInt8>, _ kind: MessageKind, _ context: inout RawWebSocketContext
    ) throws {
        try unsafe raw?._withUnsafeGuaranteedRef { try $0.message(message, kind, &context) }
    }
}
