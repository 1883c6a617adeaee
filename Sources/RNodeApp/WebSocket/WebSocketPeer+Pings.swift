// JSON pings: when one is due, and what answers it.
extension WebSocketPeer {
    /// Sends a JSON ping when it is due, none is unanswered, and the connection is not closing.
    func sendJSONPingIfDue(isClosing: Bool) {
        guard jsonPingDue <= now, let interval = route.jsonPingInterval else { return }
        // In any case: a moment that has passed would have the loop turn without rest.
        jsonPingDue = now.advanced(by: interval)
        guard phase == .open, !isClosing, jsonPingSentAt == nil else { return }
        jsonPingSentAt = now
        write { ControlWriter.ping(at: timestamp, into: &$0) }
    }

    func writePong(id: MessageID?) {
        write { ControlWriter.pong(id: id, at: timestamp, into: &$0) }
    }

    /// Answers a JSON pong by the time since the ping it answers.
    func writeLatency(id: MessageID?) {
        let latency = jsonPingSentAt.map { $0.nanoseconds(until: now) / 1_000_000 } ?? 0
        jsonPingSentAt = nil
        write {
            ControlWriter.pong(
                latency: Int(truncatingIfNeeded: latency), id: id, at: timestamp, into: &$0)
        }
    }

    /// A callback said that a signal is not to be answered.
    func signalIgnored(_ signal: SignalFlow.Signal) {
        if case .pong = signal { jsonPingSentAt = nil }
    }
}
