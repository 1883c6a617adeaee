// What a loop says about its own turns.
extension AppLoop {
    /// Looks at how long a turn took.
    func watch(turnOf nanoseconds: Int64) {
        if nanoseconds >= core.blockedLogNanoseconds { noteBlocked(nanoseconds) }
    }

    /// Something kept the loop from all its other connections.
    @inline(never)
    private func noteBlocked(_ nanoseconds: Int64) {
        let limit = core.configuration.health.blockedCountThreshold.nanosecondsClamped
        if nanoseconds >= limit { counters.blocked.raise() }
        core.log(
            .loopBlocked, at: eventLoop.now.advanced(byNanoseconds: nanoseconds),
            ["loop": "\(eventLoop.index)", "milliseconds": "\(nanoseconds / 1_000_000)"])
    }
}
