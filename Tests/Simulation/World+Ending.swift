import RNodeApp
import RNodeIO
import RNodeTesting

// The second phase: nothing goes wrong any more, everything comes to rest, everybody leaves, and nothing may remain.
extension World {
    /// Runs the whole life of the world; returns what was wrong.
    func run(steps: Int) -> [String] {
        for number in 1...steps where log.violations.isEmpty { step(number) }
        if circumstances.drains { return drain() }
        comeToRest()
        checkAtRest()
        everybodyLeaves()
        checkEmpty()
        return log.violations
    }

    // MARK: - Coming to rest

    private func comeToRest() {
        faults.isActive = false
        backstage.isHurried = true
        for listener in listeners { listener.isExhausted = false }
        for client in clients {
            client.peer.shape = StreamShape()
            client.isWindingUp = true
        }
        settle()
        // Slow handlers, and listeners that rest, get their time, but no more than a fraction of a timeout.
        for _ in 0..<40 where log.violations.isEmpty {
            pass(.milliseconds(100))
            settle()
        }
    }

    /// Runs turns until there is nothing to do; a loop that never gets there is busy for nothing.
    func settle() {
        var rounds = 0
        var quietRounds = 0
        while quietRounds < 2 {
            rounds += 1
            guard rounds < 200_000 else { return log.violation("the loops never come to rest") }
            let before = log.eventCount
            for client in clients { client.act() }
            let isBusy = host.isBusy || log.eventCount > before
            quietRounds = isBusy ? 0 : quietRounds + 1
            for loop in host.loops.indices { turn(loop) }
        }
    }

    private func checkAtRest() {
        checkUnserved()
        guard log.violations.isEmpty else { return }
        for client in clients where client.isHealthy && !client.isExcused && !client.isGone {
            if let missing = client.missing() { client.complain("still waits for \(missing)") }
            guard client is ChatClient, !circumstances.mayDrop else { continue }
            for missed in rooms.missed(by: client.number) {
                client.complain("missed \(missed)")
            }
        }
        guard let census = app.census() else { return }
        if census.loopMemberships != census.registryMemberships {
            log.violation(
                "\(census.loopMemberships) memberships on the loops, \(census.registryMemberships) in the registry"
            )
        }
        if !backstage.sleepers.isEmpty { log.violation("handlers still sleep") }
    }

    // MARK: - The end

    private func everybodyLeaves() {
        guard log.violations.isEmpty else { return }
        for client in clients where !client.isHealthy { client.isMute = true }
        for _ in 0..<3 {
            leave()
            settle()
        }
        // Those who say nothing and hear nothing are cut by their timeouts, within a quarter of an hour.
        let end = host.clock.now.advanced(by: .seconds(900))
        while host.clock.now < end, log.violations.isEmpty {
            let next = min(deadline ?? end, end)
            let step = max(host.clock.now.nanoseconds(until: next), 1_000_000)
            pass(.nanoseconds(step))
            leave()
            settle()
        }
    }

    private func leave() {
        for client in clients where client.isHealthy { client.windUp() }
    }

    var deadline: MonotonicInstant? {
        (host.loops.compactMap(\.nextDeadline) + [backstage.sleepers.next].compactMap { $0 }).min()
    }

    private func checkEmpty() {
        guard log.violations.isEmpty else { return }
        for client in clients where !client.isEnded && !client.isGone {
            client.complain("was never told the end")
        }
        clients = []
        for loop in host.loops where loop.connectionCount != 0 {
            log.violation("loop \(loop.index) keeps \(loop.connectionCount) connections")
        }
        if host.loops[0].budget.openCount != 0 {
            log.violation("the budget counts \(host.loops[0].budget.openCount) connections")
        }
        let holdings = World.holdings(of: host)
        if holdings != baseline { log.violation("\(holdings) is left, not \(baseline)") }
        let closed = host.backends.map(\.closedWhileWatchedCount)
        if closed.contains(where: { $0 > 0 }) { log.violation("closed while watched: \(closed)") }
        checkCensus()
        for fault in backstage.faults { log.violation(fault) }
        let left = streams.count { $0.transport != nil }
        if left > 0 { log.violation("\(left) streams are still in memory") }
    }

    /// Nothing of the app's is left: no connection, no member, no byte that is accounted for.
    func checkCensus() {
        guard let census = app.census() else { return log.violation("there is no app") }
        if census.opened != census.closed {
            log.violation("\(census.opened) connections opened, \(census.closed) closed")
        }
        let held = [
            census.connections, census.livePeers, census.loopMemberships,
            census.registryMemberships, census.directoryEntries, census.unsentBytes,
            census.unfinishedBytes, census.contextBytes,
        ]
        if held.contains(where: { $0 != 0 }) { log.violation("the app still holds \(census)") }
    }
}
