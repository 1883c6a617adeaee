extension AppLoop {
    /// Begins to remove rooms that were empty for too long; on the first loop, and only when rooms have a time to live.
    func startRoomExpiry() {
        guard eventLoop.index == 0, let life = core.configuration.rooms.emptyRoomTimeToLive else {
            return
        }
        // Looked for four times a life, so that no room stays much longer than it may.
        scheduleRoomExpiry(every: max(life / 4, .milliseconds(100)))
    }

    private func scheduleRoomExpiry(every interval: Duration) {
        eventLoop.schedule(at: eventLoop.now.advanced(by: interval)) { [self] in
            let now = eventLoop.wallClockMilliseconds
            Task(executorPreference: eventLoop) {
                let outcome = await self.core.registry.expireEmptyRooms(now: now)
                self.counters.breached(.emptyRoomTimeToLive, times: outcome.removed.count)
                if outcome.failed > 0 { self.counters.failed(.serverError) }
            }
            scheduleRoomExpiry(every: interval)
        }
    }
}
