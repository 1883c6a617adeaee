import Logging
import RNodeIO
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("What supervisors are told")
struct HealthTests {
    private func status(_ stage: Stage, _ path: String, loop: Int = 0) async throws -> Int {
        try await TestHTTP(stage.host, loop: loop).request("GET", path).status
    }

    @Test func `a server that serves is live and ready`() async throws {
        let stage = try await Stage.make(loops: 2) { _ in }
        for path in ["/livez", "/readyz"] {
            for loop in 0..<2 { #expect(try await status(stage, path, loop: loop) == 200) }
        }
    }

    @Test func `a route of the user's own takes the place of one`() async throws {
        let stage = try await Stage.make { app in
            app.get("/readyz") { _, response in response.status(204) }
        }
        #expect(try await status(stage, "/readyz") == 204)
        #expect(try await status(stage, "/livez") == 200)
    }

    @Test func `switched off, both paths are nobody's`() async throws {
        let stage = try await Stage.make({ $0.health.isServed = false }) { _ in }
        #expect(try await status(stage, "/readyz") == 404)
        #expect(try await status(stage, "/livez") == 404)
    }

    @Test(arguments: [(1, 200), (2, 200), (3, 503), (30, 503)])
    func `at the connection limit a server is not ready, but live`(
        connections: Int, expected: Int
    ) async throws {
        var io = IOLimits()
        io.connectionsMax = 3
        let stage = try await Stage.make(io: io) { _ in }
        let probe = try TestHTTP(stage.host)
        // The probe is one of them.
        for _ in 1..<connections { _ = try stage.host.connect() }
        await stage.host.settle()
        #expect(try await probe.request("GET", "/readyz").status == expected)
        #expect(try await probe.request("GET", "/livez").status == 200)
    }

    @Test(arguments: [true, false])
    func `the program may have a condition of its own`(isReady: Bool) async throws {
        let stage = try await Stage.make({ $0.health.isReady = { isReady } }) { _ in }
        #expect(try await status(stage, "/readyz") == (isReady ? 200 : 503))
    }

    @Test(arguments: [(999, 200), (1_000, 503), (1_001, 503), (10_000, 503)])
    func `D8 a loop that a callback blocks for a second is not live`(
        milliseconds: Int, expected: Int
    ) async throws {
        let host = try TestHost(loops: 2)
        let app = createApp {
            $0.registryExecutor = host.loops[0]
            $0.logger.logLevel = .critical
        }
        let (clock, other) = (host.clock, host.loops[1])
        app.get("/blocks") { _, _ in
            clock.advance(by: .milliseconds(milliseconds))
            // Meanwhile the other loop serves its probe.
            other.turn(waits: false)
        }
        try await host.run { try await app.serve(on: host.loops) }
        let probe = try TestHTTP(host, loop: 1)
        let blocker = try TestHTTP(host)
        await host.settle()
        blocker.send("GET /blocks HTTP/1.1\r\nHost: a\r\n\r\n")
        probe.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        host.loops[0].turn(waits: false)
        let answer = try await probe.response()
        #expect(answer.status == expected)
        if expected == 503 { #expect(answer.text == "blocked: loop 0\n") }
        #expect(try await probe.request("GET", "/livez").status == 200, "it is over")
    }

    @Test func `a threshold out of its range throws at the start, by its field's name`() async {
        let wrong: [(String, @Sendable (inout HealthConfiguration) -> Void)] = [
            ("stallTimeout", { $0.stallTimeout = .milliseconds(9) }),
            ("blockedLogThreshold", { $0.blockedLogThreshold = .zero }),
            ("blockedCountThreshold", { $0.blockedCountThreshold = .seconds(3_601) }),
        ]
        for (field, change) in wrong {
            await #expect {
                _ = try await Stage.make({ change(&$0.health) }) { _ in }
            } throws: { error in
                "\(error)".contains("health.\(field)")
            }
        }
    }
}
