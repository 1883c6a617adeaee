// The end of a loop, and what still comes for one that has ended.
//
// SAFETY: `core` is the loop's own; a connection's address is not used after `free`.
extension EventLoop {
    /// Cuts what is still open; from here on, no work is taken, and jobs are run by whoever finds a thread for them.
    func shutDown() {
        closeListeners()
        takeMail()
        hasEnded = true
        for id in unsafe core.pointee.openConnections(unknownToo: true) {
            let isKnown = unsafe find(id)?.pointee.state.isDisjoint(with: .unknown) ?? false
            unsafe core.pointee.free(id, abort: isKnown)
            if isKnown { handler?.closed(id, .loopStopped, on: self) }
        }
        handler?.ended(on: self)
        handler = nil
        scheduled = [:]
        backend.end()
        mailbox.close()
    }

    /// Runs what ends have begun, though there is no further turn. A task that never comes to its end is left to a thread
    /// of its own.
    func runLastJobs() {
        for _ in 0..<Self.lastRoundsMax {
            guard runLateMail() else { return }
        }
        startLateThread()
    }

    /// So many times a loop's last jobs, and those they add, are run before the loop's end waits for them no more.
    private static var lastRoundsMax: Int { 64 }

    /// Runs what still came for a loop that has ended, on one thread at a time: whoever waits for it goes on, and finds
    /// every connection closed. False when there is no more.
    private func runLateMail() -> Bool {
        guard !localJobs.isEmpty || mailbox.hasLate() else { return false }
        enter()
        jobsLeft = limits.jobsPerTurnMax
        take(mailbox.takeLate())
        leave()
        return true
    }

    /// Has late jobs run on a thread of their own: nobody is held up who brings one.
    func startLateThread() {
        do throws(IOError) {
            try LoopThread.start { while self.runLateMail() {} }
        } catch {
            // No thread left: whoever brings the job runs it.
            while runLateMail() {}
        }
    }
}
