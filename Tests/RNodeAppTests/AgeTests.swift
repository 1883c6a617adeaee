import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("How old a connection may grow")
struct AgeTests {
    private func stage(_ age: Duration?) async throws -> Stage {
        try await Stage.make {
            $0.connectionAgeMax = age
            $0.webSocket.pingInterval = nil
        } _: { app in
            app.websocket("/chat") { $0.jsonPingInterval = nil }
        }
    }

    @Test func `as old as it likes, unless an age is set`() async throws {
        let stage = try await stage(nil)
        let ada = try await stage.client()
        await stage.host.advance(by: .seconds(86_400))
        ada.send("still here")
        try await ada.next("message_ack")
    }

    @Test func `from nine tenths of its age on, each at its own time, they get 1001`() async throws
    {
        let stage = try await stage(.seconds(100))
        var clients: [Client] = []
        for _ in 0..<40 { clients.append(try await stage.client()) }
        await stage.host.advance(by: .milliseconds(89_900))
        #expect(await stage.answerCloses(of: clients) == 0)
        var closed: [Int] = []
        for _ in 0..<20 {
            await stage.host.advance(by: .seconds(1))
            closed.append(await stage.answerCloses(of: clients))
        }
        await stage.host.advance(by: .milliseconds(200))
        closed.append(await stage.answerCloses(of: clients))
        #expect(closed.reduce(0, +) == 40)
        #expect(closed.count { $0 > 0 } >= 10, "spread: \(closed)")
    }

    @Test func `at ten times its age nobody is left, not even who does not answer its 1001`()
        async throws
    {
        let stage = try await stage(.seconds(100))
        var clients: [Client] = []
        for _ in 0..<10 { clients.append(try await stage.client()) }
        await stage.host.advance(by: .seconds(1_000))
        #expect(stage.app.getWebSocketConnections() == 0)
        #expect(stage.host.loops[0].connectionCount == 0)
        #expect(clients.allSatisfy { $0.socket.peer.isReset })
    }

    @Test func `the close says why, and is the server's going away`() async throws {
        let stage = try await stage(.seconds(1))
        let ada = try await stage.client()
        await stage.host.advance(by: .milliseconds(1_200))
        #expect(try await ada.socket.next() == .close(.goingAway, "connection too old"))
        // Who does not answer is cut, as after every close.
        await stage.host.advance(by: .seconds(6))
        #expect(ada.socket.peer.isFinished)
    }

    /// Milliseconds, and whether they are in the range.
    private static let ages: [(Int, Bool)] = [
        (999, false), (1_000, true), (1_001, true), (31_536_000_000, true),
        (31_536_000_001, false), (315_360_000_000, false), (0, false), (-1, false),
    ]

    @Test(arguments: ages)
    func `an age out of its range throws at the start`(age: Int, isRight: Bool) async {
        do {
            _ = try await stage(.milliseconds(age))
            #expect(isRight)
        } catch {
            #expect(!isRight && "\(error)".contains("connectionAgeMax"))
        }
    }
}
