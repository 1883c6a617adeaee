import Logging
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("What a server does at a signal")
struct SignalTests {
    private let events = AsyncStream<RunEvent>.makeStream(bufferingPolicy: .bufferingOldest(8))

    private func run(
        _ stage: Stage, onReload: @escaping @Sendable (App) -> Void = { _ in }
    ) -> Task<ShutdownResult, Never> {
        let (app, stream, continuation) = (stage.app, events.stream, events.continuation)
        return Task { await app.run(until: stream, continuation, onReload: onReload) }
    }

    @Test(arguments: [ProcessSignal.terminate, .interrupt])
    func `D9 the first one drains, and a clean end is exit code 0`(
        signal: ProcessSignal
    ) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let ada = try await stage.client()
        let end = run(stage)
        events.continuation.yield(.signal(signal))
        let app = stage.app
        try await stage.host.wait(for: "drain") { app.isDraining }
        await stage.host.advance(by: .milliseconds(5))
        #expect(await stage.answerCloses(of: [ada]) == 1)
        let result = try await stage.result(end)
        #expect(result == .clean)
        #expect(result.exitCode == 0)
    }

    @Test(arguments: [(ProcessSignal.terminate, 143 as Int32), (.interrupt, 130)])
    func `D9 a second one ends the waiting for a stuck client`(
        signal: ProcessSignal, code: Int32
    ) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        _ = try await stage.client()
        let end = run(stage)
        events.continuation.yield(.signal(.terminate))
        let app = stage.app
        try await stage.host.wait(for: "drain") { app.isDraining }
        await stage.host.advance(by: .milliseconds(5))
        events.continuation.yield(.signal(signal))
        let result = try await stage.result(end)
        #expect(result.isAbandoned)
        #expect(!result.isClean)
        #expect(result.cutConnections == 1)
        #expect(result.exitCode == code)
        // A process ends here; in one that goes on, the client's close timeout ends the drain.
        await stage.host.advance(by: .seconds(30))
        #expect(try await stage.host.run { await app.shutdown() } == .clean)
    }

    @Test func `SIGHUP ends nothing, and runs what the program gave for it`() async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let ada = try await stage.client()
        let journal = Journal()
        let end = run(stage) { app in
            app.setLogLevel("error")
            journal.note("reload")
        }
        for _ in 0..<3 { events.continuation.yield(.signal(.hangUp)) }
        try await stage.host.wait(for: "reload") { journal.all.count == 3 }
        #expect(!stage.app.isDraining)
        #expect(stage.app.logger.logLevel == .error)
        ada.send("still here")
        try await ada.next("message_ack")
        ada.socket.peer.close()
        events.continuation.yield(.signal(.terminate))
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `exit codes are those of a shell`() {
        #expect(ProcessSignal.terminate.exitCode == 143)
        #expect(ProcessSignal.interrupt.exitCode == 130)
        #expect(ShutdownResult(cutConnections: 7).exitCode == 3)
    }
}
