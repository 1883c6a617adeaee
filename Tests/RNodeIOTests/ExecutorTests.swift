import RNodeTesting
import Synchronization
import Testing

@testable import RNodeIO

@Suite("A loop as an executor")
struct ExecutorTests {
    @Test(
        "jobsPerTurnMax: so many jobs run in a turn, the rest in the next ones",
        arguments: [-1, 0, 1, 1_440])
    func jobsPerTurn(more: Int) async throws {
        // What a task is to the runtime: one job, or some.
        let (_, jobs, _) = try await run(tasks: 16, limit: 1_600)
        let limit = jobs + more
        let (finished, ran, hasWork) = try await run(tasks: 16, limit: limit)
        #expect(finished == 16 + min(more, 0))
        #expect(ran == min(limit, jobs))
        #expect(hasWork == (more < 0))
    }

    /// How many of so many tasks one turn ended, with how many jobs, and whether there is something left.
    private func run(
        tasks count: Int, limit: Int
    ) async throws -> (finished: Int, jobs: Int, hasWork: Bool) {
        var limits = IOLimits()
        limits.jobsPerTurnMax = limit
        let host = try TestHost(limits: limits)
        let loop = host.loops[0]
        let ran = Ran()
        let tasks = (0..<count).map { _ in
            Task(executorPreference: loop) { _ = ran.count.add(1, ordering: .relaxed) }
        }
        host.turn()
        let result = (ran.count.load(ordering: .relaxed), limit - loop.jobsLeft, loop.hasWork)
        while loop.hasWork { host.turn() }
        for task in tasks { await task.value }
        return result
    }

    @Test("A task that never ends does not keep its loop from ending", .timeLimit(.minutes(5)))
    func endlessTask() async throws {
        let host = try TestHost()
        let loop = host.loops[0]
        let ran = Ran()
        let task = Task(executorPreference: loop) {
            while !ran.mayEnd.load(ordering: .acquiring) { await Task.yield() }
        }
        host.turn()
        loop.end()
        ran.mayEnd.store(true, ordering: .releasing)
        await task.value
    }

    @Test("A loop knows whether the calling code runs on it")
    func isolation() throws {
        let host = try TestHost()
        let loop = host.loops[0]
        let ran = Ran()
        #expect(loop.isIsolatingCurrentContext() == false)
        loop.post { loop in
            if loop.isIsolatingCurrentContext() == true { ran.count.add(1, ordering: .relaxed) }
        }
        host.turn()
        #expect(ran.count.load(ordering: .relaxed) == 1)
    }

    @Test("A turn or an end inside a turn of the same loop does nothing")
    func nestedTurns() throws {
        let host = try TestHost()
        let ran = Ran()
        host.loops[0].post { loop in
            loop.post { _ in ran.count.add(1, ordering: .relaxed) }
            loop.turn(waits: false)
            loop.end()
            #expect(ran.count.load(ordering: .relaxed) == 0)
        }
        host.turn()
        host.turn()
        #expect(ran.count.load(ordering: .relaxed) == 1)
    }
}

/// What a test's jobs have done.
private final class Ran: Sendable {
    let count = Atomic(0)
    let mayEnd = Atomic(false)
}
