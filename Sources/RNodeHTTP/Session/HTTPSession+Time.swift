// When a session's peer is late, and what is said about it: the last column of the session's table.

extension HTTPSession {
    /// When the request at hand began: when the connection was accepted, or by its first byte on a connection that
    /// has served another. For what must be over within a time of that, such as a handshake.
    public var requestBegan: MonotonicInstant { since }

    /// When `timedOut` is to be called unless something happens before; `.distantFuture` for never.
    public func deadline(limits: HTTPLimits) -> MonotonicInstant {
        switch phase {
        case .fresh, .head: since.advanced(byNanoseconds: limits.headerTimeoutNanoseconds)
        case .idle: since.advanced(byNanoseconds: limits.keepAliveTimeoutNanoseconds)
        case .body, .draining:
            min(
                since.advanced(byNanoseconds: limits.requestTimeoutNanoseconds),
                windowStart.advanced(byNanoseconds: limits.bodyRateWindowNanoseconds))
        case .responding, .upgrade, .closed: .distantFuture
        }
    }

    /// What to do at `now`: nil for nothing yet, else `failed` (answer it and close) or `close`.
    public mutating func timedOut(now: MonotonicInstant, limits: HTTPLimits) -> HTTPStep? {
        guard now >= deadline(limits: limits) else { return nil }
        switch phase {
        case .fresh, .head: return fail(HTTPParseError(.headerTimeout))
        case .idle: return close()
        case .body, .draining:
            guard let error = lateness(now, limits) else { return nil }
            return phase == .draining ? close() : fail(error)
        case .responding, .upgrade, .closed: return nil
        }
    }

    /// Whether a session that was closed without an error was so because the whole request took too long; else its body
    /// came too slowly.
    package func isOverdue(now: MonotonicInstant, limits: HTTPLimits) -> Bool {
        now >= since.advanced(byNanoseconds: limits.requestTimeoutNanoseconds)
    }

    /// Why a body is late; nil begins the next window.
    private mutating func lateness(
        _ now: MonotonicInstant, _ limits: HTTPLimits
    ) -> HTTPParseError? {
        if isOverdue(now: now, limits: limits) { return HTTPParseError(.requestTimeout) }
        guard windowBytes >= limits.bodyWindowBytesMin else {
            return HTTPParseError(.bodyTooSlow)
        }
        windowStart = now
        windowBytes = 0
        return nil
    }
}
