/// What `HTTPSession.next` found, and so what its consumer does now.
public enum HTTPStep: Hashable, Sendable {
    /// All bytes were taken: call again when more have arrived.
    case needMore
    /// The head is in the `RequestHead` that was lent; this body follows it. Call `next` again: even
    /// a request without a body ends by `requestEnded`.
    case request(RequestBody)
    /// Write `100 Continue` now; the client waits for it before it sends the body.
    case writeContinue
    /// Bytes of the body, decoded, at this range of the bytes given.
    case body(Range<Int>)
    /// The request is complete: answer it, then call `responseFinished`.
    case requestEnded
    /// A request is being answered. The bytes from the offset on are untouched: keep them, and call
    /// again after `responseFinished`.
    case awaitingResponse
    /// The head, in the `RequestHead` that was lent, asks for `Upgrade: websocket`.
    ///
    /// The bytes from the offset on belong to the next protocol once 101 is queued. Any other
    /// answer is the connection's last: call `responseFinished`, which says so.
    case upgrade
    /// Answer this error and close; nothing more is read.
    case failed(HTTPParseError)
    /// Close without an answer.
    case close
}

/// What becomes of a connection when an answer is complete.
public enum HTTPContinuation: Hashable, Sendable {
    /// Call `next` with what is left of the bytes, then wait for more.
    case nextRequest
    /// Flush what was written, then close.
    case close
}
