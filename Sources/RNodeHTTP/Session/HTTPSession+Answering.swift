// What an answer says about its connection, and what becomes of the connection after it.

extension HTTPSession {
    /// What the answer to the current request must say about the connection.
    ///
    /// `keepsAlive` is false too when what is left of the request's body is not worth reading.
    public func responseTerms(limits: HTTPLimits) -> ResponseTerms {
        responseTerms(limits: KeepAliveLimits(limits))
    }

    /// The same, for who has many answers to give.
    package func responseTerms(limits: KeepAliveLimits) -> ResponseTerms {
        ResponseTerms(
            version: version, keepsAlive: mayContinue(limits), omitsBody: isHead)
    }

    /// The answer is complete: all of it has been put into the output.
    ///
    /// Call it once per request, also before `requestEnded` when the answer does not wait for the
    /// body: what is left of the body is then skipped, or the connection closed.
    /// `keepsAlive` is what the terms said when the head was encoded, or false to close.
    public mutating func responseFinished(
        keepsAlive: Bool, now: MonotonicInstant, limits: HTTPLimits
    ) -> HTTPContinuation {
        responseFinished(keepsAlive: keepsAlive, now: now, limits: KeepAliveLimits(limits))
    }

    /// The same, for who has many answers to give.
    package mutating func responseFinished(
        keepsAlive: Bool, now: MonotonicInstant, limits: KeepAliveLimits
    ) -> HTTPContinuation {
        guard keepsAlive, mayContinue(limits) else {
            close()
            return .close
        }
        if phase == .body, !decoder.isEnded {
            phase = .draining
            drainedBytes = 0
        } else {
            becomeIdle(now)
        }
        return .nextRequest
    }

    /// Whether a session that has just closed had served as many requests as it may.
    package func hasServedAll(_ limits: KeepAliveLimits) -> Bool {
        guard let served = limits.requestsPerConnectionMax else { return false }
        return requestsServed >= served
    }

    /// Whether a session that has just closed left more of a body unread than is skipped.
    package func hasTooMuchUnread(_ limits: KeepAliveLimits) -> Bool {
        if drainedBytes > limits.unreadBodyBytesMax { return true }
        return !decoder.isEnded && decoder.remaining > limits.unreadBodyBytesMax
    }

    private func mayContinue(_ limits: KeepAliveLimits) -> Bool {
        guard keepsAlive, phase == .body || phase == .responding else { return false }
        if hasServedAll(limits) { return false }
        // Whether a body still follows an unanswered Expect is the client's choice: no way to tell.
        guard phase == .body, !decoder.isEnded else { return true }
        return !isContinueDue && decoder.remaining <= limits.unreadBodyBytesMax
    }
}

/// The limits that say whether a connection serves another request: each answer asks for them, and to lend all limits
/// would be to copy them.
package struct KeepAliveLimits: Sendable {
    let requestsPerConnectionMax: Int?
    let unreadBodyBytesMax: Int

    /// These of all limits.
    package init(_ limits: HTTPLimits) {
        requestsPerConnectionMax = limits.requestsPerConnectionMax
        unreadBodyBytesMax = limits.unreadBodyBytesMax
    }
}
