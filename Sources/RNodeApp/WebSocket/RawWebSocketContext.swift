/// The connection of a raw route, for as long as one of its closures runs.
///
/// It can't be kept. Everything it does is done on the loop's thread, in order.
@safe
public struct RawWebSocketContext: ~Copyable {
    // SAFETY: not retained, for that would show in each read: a context is made by a method of the loop, and is gone when that
    // returns.
    private let borrowedLoop: Unmanaged<AppLoop>
    private let target: Target

    /// A connection by its name, or what it takes to send to it at once.
    private enum Target: ~Copyable {
        case named(ConnectionID)
        case atHand(ConnectionAtHand)
    }

    /// The context of a connection by its name: it may be gone.
    init(loop: AppLoop, connection: ConnectionID) {
        unsafe borrowedLoop = .passUnretained(loop)
        target = .named(connection)
    }

    /// The context of a connection that is at hand, for no longer than both are lent.
    init(
        _ loop: AppLoop, _ state: borrowing Owned<WebSocketState>,
        _ connection: inout ConnectionContext
    ) {
        unsafe borrowedLoop = .passUnretained(loop)
        target = .atHand(ConnectionAtHand(state, &connection))
    }

    /// Which connection it is.
    var connection: ConnectionID {
        switch target {
        case .named(let id): id
        case .atHand(let connection): connection.context.id
        }
    }

    /// Where the state of a connection at hand is.
    private var address: UnsafeMutablePointer<WebSocketState>? {
        switch target {
        case .named: nil
        case .atHand(let connection): unsafe connection.address
        }
    }

    /// Where to write to a connection at hand.
    private var context: ConnectionContext? {
        switch target {
        case .named: nil
        case .atHand(let connection): connection.context
        }
    }

    private var loop: AppLoop { unsafe borrowedLoop.takeUnretainedValue() }

    /// Sends a message. False when the connection is closing, or its output is full.
    ///
    /// Without `compress` it goes as it is, also where compression was agreed on.
    @discardableResult
    public mutating func send(
        _ bytes: Span<UInt8>, _ kind: MessageKind, compress: Bool = true
    ) -> Bool {
        // What most messages need. It calls nothing before its last step, so that nothing is saved and restored for it.
        guard let state = unsafe address, var context = context,
            context.hasRoom(for: bytes.count &+ 10), unsafe state.pointee.session.sendsAsItIs
        else { return sendOther(bytes, kind, compress: compress) }
        unsafe Self.sendAsItIs(bytes, kind, &state.pointee, &context.output)
        return true
    }

    // What is lent for change needs no reference to be counted.
    @inline(__always)
    private static func sendAsItIs(
        _ bytes: Span<UInt8>, _ kind: MessageKind, _ state: inout WebSocketState,
        _ output: inout ByteBuffer
    ) {
        state.counters.sent(bytes: bytes.count)
        FrameEncoder.encode(kind, bytes, into: &output)
    }

    /// To a slow client, with an extension, after the close, or to a connection that is not at hand.
    @inline(never)
    private mutating func sendOther(
        _ bytes: Span<UInt8>, _ kind: MessageKind, compress: Bool
    ) -> Bool {
        guard let state = unsafe address, var context = context else {
            return loop.send(kind, bytes, compress: compress, to: connection)
        }
        return unsafe borrowedLoop._withUnsafeGuaranteedRef { loop in
            unsafe loop.send(kind, bytes, compress: compress, &state.pointee, &context)
                ?? loop.enqueue(kind, bytes, isAnswer: false, &context)
        }
    }

    /// Sends a text. False when the connection is closing, or its output is full.
    ///
    /// Without `compress` it goes as it is, also where compression was agreed on.
    @discardableResult
    public mutating func send(_ text: String, compress: Bool = true) -> Bool {
        send(text.utf8Span.span, .text, compress: compress)
    }

    /// Sends a message to every member of a room, this connection too if it is one.
    ///
    /// Members on raw routes get just the payload, others a `room_message`. False when the text is no
    /// room's id, or when too many messages wait for rooms without a member on this loop. To a room that is not there nothing
    /// is sent. Without `compress` it goes as it is to all members.
    @discardableResult
    public mutating func publish(
        _ bytes: Span<UInt8>, _ kind: MessageKind = .text, compress: Bool = true,
        to roomId: String
    ) -> Bool {
        guard let id = RoomID(roomId) else { return false }
        // What was answered goes along with what the rooms bring in this turn.
        if var context = context { context.gather() }
        if let room = loop.rooms.room(id) {
            loop.publish(bytes, kind, compress: compress, to: room)
        } else {
            let copy = bytes.copied()
            return loop.publish(toUnknown: id) { [loop] room in
                loop.publish(copy.span, kind, compress: compress, to: room)
            }
        }
        return true
    }

    /// Joins a room once the closure has returned, before the next message is taken.
    ///
    /// A refusal (the room is full, or there is none) is logged, and changes nothing.
    public mutating func join(_ roomId: String) {
        loop.rawPeer(connection)?.enqueueJoin(roomId)
    }

    /// Leaves a room once the closure has returned, before the next message is taken.
    public mutating func leave(_ roomId: String) {
        loop.rawPeer(connection)?.enqueueLeave(roomId)
    }

    /// Begins the close handshake, after everything that was sent.
    public mutating func close(code: CloseCode = .normal, reason: String = "") {
        loop.close(connection, code, reason: reason)
    }

    /// Names this connection for other tasks and threads.
    public var reference: WebSocketReference? {
        loop.rawPeer(connection)?.reference
    }
}

/// The connection that a raw route's closure is called for.
@safe
private struct ConnectionAtHand: ~Copyable {
    // SAFETY: the state of a connection that the caller of the closure has borrowed. It is moved or freed only when a turn
    // ends, and nobody changes it while a closure runs. Used on the loop's thread only; each access is over before the
    // next begins.
    private let state: UnsafeMutablePointer<WebSocketState>
    private let connection: ConnectionContext

    init(_ state: borrowing Owned<WebSocketState>, _ connection: inout ConnectionContext) {
        unsafe self.state = state.address
        self.connection = connection.alias
    }

    /// Where its state is.
    var address: UnsafeMutablePointer<WebSocketState> { unsafe state }

    /// Where to write to.
    var context: ConnectionContext { connection.alias }
}
