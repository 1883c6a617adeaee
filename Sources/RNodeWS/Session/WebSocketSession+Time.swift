extension WebSocketSession {
    /// When to call `due` next. Every call may move it later, so when it has passed ask again.
    ///
    /// In the open phase: the next ping, the end of waiting for a pong, the end of an unfinished
    /// message. After it: the end of the close handshake, also for a transport that is to be ended.
    public var deadline: MonotonicInstant {
        let patience = MonotonicInstant(nanoseconds: patienceEnd)
        return phase == .open ? min(patience, keepAlive.deadline) : patience
    }

    /// What is due at `now`. After `.failed` the phase is `failed`; the others change nothing, and
    /// `.sendPing` is due until `sendPing` is called.
    public mutating func due(at now: MonotonicInstant) -> WebSocketDue {
        if patienceEnd != .max, now.nanoseconds >= patienceEnd { return patienceEnded(now) }
        guard phase == .open else { return .nothing }
        switch keepAlive.action(at: now) {
        case .nothing: return .nothing
        case .sendPing: return .sendPing
        case .timedOut: return .abort(.pongTimeout)
        }
    }

    private mutating func patienceEnded(_ now: MonotonicInstant) -> WebSocketDue {
        guard phase == .open else { return .abort(.closeTimeout) }
        unfinished = nil
        `extension`?.dropIncoming()
        stopReceiving(.failed, now)
        return .failed(.unfinishedMessage)
    }

    /// This side has taken no bytes from `start` to `now`, by its own choice: counts as a sign of life of the peer,
    /// and an unfinished message has that much longer; all of its time anew when nobody knows the start.
    public mutating func inputWithheld(since start: MonotonicInstant?, at now: MonotonicInstant) {
        guard phase == .open else { return }
        keepAlive.received(at: now)
        guard patienceEnd != .max else { return }
        let whole = now.advanced(byNanoseconds: share.unfinishedNanoseconds)
        let longer = start.map {
            MonotonicInstant(nanoseconds: patienceEnd)
                .advanced(byNanoseconds: max(0, $0.nanoseconds(until: now)))
        }
        patienceEnd = min(whole, longer ?? whole).nanoseconds
    }

    /// When the last ping was sent, or nil: a pong that comes now has this latency behind it.
    public var pingSentAt: MonotonicInstant? { keepAlive.lastPingSentAt }

    /// Whether a ping is out and nothing has come since.
    public var isWaitingForPong: Bool { keepAlive.isWaiting }
}
