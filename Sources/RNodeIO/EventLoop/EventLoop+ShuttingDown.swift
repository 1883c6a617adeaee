// The end of a loop, and what still comes for one that has ended.
//
// SAFETY: `core` is the loop's own; a connection's address is not used after `free`.
extension EventLoop {
    /// Cuts what is still open, and runs what was left for the loop.
    func shutDown() {
        closeListeners()
        takeMail()
        hasEnded = true
        for id in unsafe core.pointee.openConnections(unknownToo: true) {
            let isKnown = unsafe find(id)?.pointee.state.isDisjoint(with: .unknown) ?? false
            unsafe core.pointee.free(id, abort: isKnown)
            if isKnown { handler?.closed(id, .loopStopped, on: self) }
        }
        mailbox.close()
        // Ends have begun tasks here: they run though there is no further turn.
        runAllLocalJobs()
        runLateMail()
        handler = nil
        scheduled = [:]
    }

    /// Runs what still comes for a loop that has ended, on one thread at a time, until there is no more: whoever
    /// waits for it goes on, and finds every connection closed.
    private func runLateMail() {
        while let items = mailbox.takeLate() {
            enter()
            take(items)
            runAllLocalJobs()
            leave()
        }
    }

    private func runAllLocalJobs() {
        while !localJobs.isEmpty { runLocalJobs() }
    }

    /// Has late jobs run on a thread of their own: nobody is held up who brings one.
    func startLateThread() {
        do throws(IOError) {
            try LoopThread.start { self.runLateMail() }
        } catch {
            // No thread left: whoever brings the job runs it.
            runLateMail()
        }
    }
}
