/// Where the bytes of a message or control frame are.
public enum WebSocketPayload: Hashable, Sendable {
    /// In the span given to `WebSocketSession.next`, unmasked in place. Never copied.
    case input(Range<Int>)
    /// In the session: it came in several pieces. `withPayload` lends it and `takePayload` moves
    /// it out, until the next call of `next`.
    case assembled
}

/// What the session found in the bytes it was given. Plain data: no heap, no reference.
public enum WebSocketStep: Hashable, Sendable {
    /// All bytes were consumed, and nothing further is complete: give more.
    case needMore
    /// A whole message. Text was checked to be UTF-8.
    case message(MessageKind, WebSocketPayload)
    /// A ping: answer with `sendPong` and the same payload (RFC 6455 §5.5.2).
    case ping(WebSocketPayload)
    /// A pong, asked for or not (RFC 6455 §5.5.3).
    case pong(WebSocketPayload)
    /// The peer closes: answer with `answerClose`, which echoes its code (RFC 6455 §5.5.1).
    /// All that follows is ignored.
    case close(CloseCode?, reason: WebSocketPayload)
    /// The peer broke the protocol or a limit: answer with `sendClose(_:)` of this error, then
    /// end the transport (RFC 6455 §7.1.7). All that follows is ignored.
    case failed(WebSocketError)
}

/// What time demands of a session.
public enum WebSocketDue: Hashable, Sendable {
    /// Nothing: ask again at `deadline`.
    case nothing
    /// Nothing arrived for the ping interval: call `sendPing`.
    case sendPing
    /// A message stayed unfinished for too long: as after `WebSocketStep.failed`.
    case failed(WebSocketError)
    /// The peer is gone or will not answer: end the transport at once, without a close frame.
    case abort(WebSocketError)
}
