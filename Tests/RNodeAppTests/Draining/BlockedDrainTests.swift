import RNodeTesting
import Testing

@testable import RNodeApp

/// Loop 1 is blocked by a callback: no turn of it is run.
@Suite("A drain while a callback blocks a loop")
struct BlockedDrainTests {
    private let journal = Journal()

    private func stage(_ broker: any RoomBroker) async throws -> Stage {
        try await Stage.make(loops: 2) {
            $0.broker = broker
        } _: {
            $0.websocket("/chat") { _ in }
        }
    }

    /// Asks for the end, which is noted, and returns when loop 0 has stopped listening.
    private func beginDrain(_ stage: Stage) async throws {
        let (app, journal) = (stage.app, journal)
        Task {
            let result = await app.shutdown()
            journal.note("over, \(result.cutConnections) cut")
        }
        try await turn(stage, until: "loop 0 stopped listening") {
            stage.host.listeners[0].descriptor == -1
        }
    }

    /// Runs turns of loop 0 only, until `condition` holds.
    private func turn(
        _ stage: Stage, until what: Comment, _ condition: () -> Bool
    ) async throws {
        var rounds = 0
        while !condition() {
            rounds += 1
            try #require(rounds < 2_000_000, what)
            stage.host.loops[0].turn(waits: false)
            await Task.yield()
        }
    }

    /// Lets time pass on loop 0 only.
    private func advance(_ stage: Stage, by duration: Duration) async {
        stage.host.clock.advance(by: duration)
        for _ in 0..<64 {
            stage.host.loops[0].turn(waits: false)
            await Task.yield()
        }
    }

    @Test(arguments: [(990, false), (1_010, true), (10_000, true)])
    func `D9 it holds up the others for a second, and closes its own when it is free`(
        milliseconds: Int, isClosed: Bool
    ) async throws {
        let stage = try await stage(NotedBroker(journal))
        let ada = try await stage.client(id: "ada", loop: 0)
        let bob = try await stage.client(id: "bob", loop: 1)
        try await beginDrain(stage)
        await advance(stage, by: .milliseconds(milliseconds))
        let goodbye = [TestMessage.close(.goingAway, "server shutting down")]
        #expect(ada.socket.takeReceived() == (isClosed ? goodbye : []))
        // It is free again, and late: what the drain has for it comes at once.
        await stage.host.settle()
        #expect(stage.host.listeners[1].descriptor == -1)
        #expect(bob.socket.takeReceived() == goodbye)
        if !isClosed { #expect(ada.socket.takeReceived() == goodbye) }
        let journal = journal
        try await stage.host.wait(for: "end") { journal.all.count == 2 }
        #expect(journal.all == ["broker stopped", "over, 0 cut"])
    }

    @Test func `D9 the broker is stopped though a loop never answers, whose connections are cut`()
        async throws
    {
        let stage = try await stage(NotedBroker(journal))
        let ada = try await stage.client(id: "ada", loop: 0)
        _ = try await stage.client(id: "bob", loop: 1)
        try await beginDrain(stage)
        await advance(stage, by: .milliseconds(1_010))
        #expect(ada.socket.takeReceived().count == 1)
        // Her answer comes.
        await advance(stage, by: .milliseconds(10))
        // Two seconds of the 25 are the broker's, of which a blocked loop has one.
        await advance(stage, by: .milliseconds(22_970))
        #expect(journal.all.isEmpty)
        await advance(stage, by: .milliseconds(20))
        try await turn(stage, until: "the end has come") { journal.all.count == 2 }
        #expect(journal.all == ["broker stopped", "over, 1 cut"])
    }

    @Test func `D9 and when the broker does not end either, the deadline is kept`() async throws {
        let stage = try await stage(EndlessBroker())
        try await beginDrain(stage)
        await advance(stage, by: .milliseconds(24_010))
        await advance(stage, by: .milliseconds(980))
        #expect(journal.all.isEmpty)
        await advance(stage, by: .milliseconds(20))
        try await turn(stage, until: "the end has come") { !journal.all.isEmpty }
        #expect(journal.all == ["over, 0 cut"])
    }

    @Test func `D9 the broker is stopped when all loops are blocked, and nobody listens`()
        async throws
    {
        let stage = try await stage(NotedBroker(journal))
        _ = try await stage.client(id: "ada", loop: 0)
        _ = try await stage.client(id: "bob", loop: 1)
        let steps = DrainSteps(core: try #require(stage.app.core), executor: nil)
        // The real clock says that the time is up; no loop has a turn.
        steps.giveUpLoops()
        #expect(await steps.run() == 2)
        #expect(journal.all == ["broker stopped"])
    }
}

/// Notes when it is stopped.
private struct NotedBroker: RoomBroker {
    private let journal: Journal

    init(_ journal: Journal) { self.journal = journal }

    var reachesOtherNodes: Bool { false }
    func start(delivering delivery: any RoomDelivery) async throws {}
    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool { true }
    func stop() async { journal.note("broker stopped") }
}
