// What a loop says about its own turns.
extension AppLoop {
    func turnServed(inNanoseconds nanoseconds: Int64, on loop: EventLoop) {
        // Who was cut is gone now, and in no sum any more.
        bytesCut = 0
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
