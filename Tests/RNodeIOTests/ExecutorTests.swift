import RNodeIO
import RNodeTesting
import Synchronization
import Testing

@Suite("A loop as an executor")
struct ExecutorTests {
    @Test("So many jobs run in a turn, the rest in the next ones", arguments: [15, 16, 17, 160])
    func jobsPerTurn(count: Int) async throws {
        var limits = IOLimits()
        limits.jobsPerTurnMax = 16
        let host = try TestHost(limits: limits)
        let loop = host.loops[0]
        let ran = Ran()
        let tasks = (0..<count).map { _ in
            Task(executorPreference: loop) { ran.count.add(1, ordering: .relaxed) }
        }
        host.turn()
        #expect(ran.count.load(ordering: .relaxed) == min(count, 16))
        while ran.count.load(ordering: .relaxed) < count { host.turn() }
        for task in tasks { await task.value }
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

    @Test("A turn or an end inside a turn of the same loop ends the process")
    func nestedTurns() async {
        await #expect(processExitsWith: .failure) {
            let host = try TestHost()
            host.loops[0].post { $0.turn(waits: false) }
            host.turn()
        }
        await #expect(processExitsWith: .failure) {
            let host = try TestHost()
            host.loops[0].post { $0.end() }
            host.turn()
        }
    }
}

/// What a test's jobs have done.
private final class Ran: Sendable {
    let count = Atomic(0)
    let mayEnd = Atomic(false)
}
