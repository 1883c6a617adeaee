import RNodeApp
import RNodeIO
import RNodeTesting

// The other second phase: the server is told to end, in the middle of everything and with all that goes wrong. It ends by
// its deadline, each stream has an end, no client that does no wrong is told another code than those of its world, and
// nothing is left. Who reads too slowly for its 1001 is cut without one: a drain's own tests say when each gets it.
extension World {
    // @unchecked: a run, its loops and its tasks take place on one thread.
    /// What came of the drain.
    private final class Outcome: @unchecked Sendable {
        var result: ShutdownResult?
    }

    func drain() -> [String] {
        guard log.violations.isEmpty else { return log.violations }
        let (app, outcome) = (app, Outcome())
        let deadline = host.clock.now.advanced(by: DrainConfiguration().deadline)
        Task(executorPreference: host.loops[0]) { outcome.result = await app.shutdown() }
        let calm = dice.below(4_000)
        var steps = 0
        var stepsBeyond = 0
        while outcome.result == nil, log.violations.isEmpty {
            steps += 1
            if steps == calm { calmDown() }
            step(steps)
            // A jump of the clock may have brought the deadline: it takes turns to see it.
            if host.clock.now > deadline { stepsBeyond += 1 }
            if stepsBeyond > 2_000 { log.violation("the drain takes longer than it may") }
            // Time passes faster, but stops wherever somebody waits for it.
            let next = self.deadline ?? deadline
            let pause = min(max(host.clock.now.nanoseconds(until: next), 0), 50_000_000)
            if steps % 8 == 0 { pass(.nanoseconds(max(pause, 1_000_000))) }
        }
        log.note(14, outcome.result?.cutConnections ?? -1, line: "the drain is over")
        calmDown()
        // Who reads no more may not have found the end yet, and would talk for ever.
        for client in clients where !client.isHealthy { client.isMute = true }
        settle()
        checkDrained(outcome.result)
        return log.violations
    }

    private func calmDown() {
        faults.isActive = false
        backstage.isHurried = true
        for client in clients { client.peer.shape = StreamShape() }
    }

    private func checkDrained(_ result: ShutdownResult?) {
        guard log.violations.isEmpty, result != nil else { return }
        // Handlers that still sleep when the deadline cuts their clients off wake up to nobody; streams that are closed
        // linger for two seconds.
        for _ in 0..<30 {
            pass(.milliseconds(100))
            settle()
        }
        for loop in host.loops where loop.connectionCount != 0 {
            log.violation("loop \(loop.index) keeps \(loop.connectionCount) connections")
        }
        for client in clients where client.isHealthy && !client.isGone {
            client.complain("was never told the end")
        }
        checkCensus()
        for fault in backstage.faults { log.violation(fault) }
    }
}
