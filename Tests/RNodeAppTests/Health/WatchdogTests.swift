import RNodeIO
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("The watchdog of a loop")
struct WatchdogTests {
    private let log = NotedLog()

    /// A stage whose route blocks for as many milliseconds as its path says.
    private func stage() async throws -> Stage {
        let host = try TestHost()
        let clock = host.clock
        let logger = log.logger()
        let app = createApp(metrics: true) {
            $0.registryExecutor = host.loops[0]
            $0.logger = logger
        }
        app.get("/blocks/{time}") { request, _ in
            clock.advance(by: .milliseconds(Int(request.params["time"] ?? "") ?? 0))
        }
        try await host.run { try await app.serve(on: host.loops) }
        return Stage(host: host, app: app)
    }

    private func block(_ stage: Stage, _ milliseconds: Int) async throws {
        let answer = try await TestHTTP(stage.host).request("GET", "/blocks/\(milliseconds)")
        #expect(answer.status == 200)
        await stage.host.settle()
    }

    @Test(arguments: [(249, 0), (250, 1), (251, 1), (2_500, 1)])
    func `D8 a turn of 250 ms is logged, by its loop and length`(
        milliseconds: Int, lines: Int
    ) async throws {
        let stage = try await stage()
        try await block(stage, milliseconds)
        let found = log.lines(with: "a callback blocked its loop")
        #expect(found.count == lines)
        for line in found {
            #expect(line.contains("loop=0") && line.contains("milliseconds=\(milliseconds)"))
        }
    }

    @Test(arguments: [(4_999, 0), (5_000, 1), (5_001, 1), (50_000, 1)])
    func `D8 a turn of five seconds is counted`(milliseconds: Int, count: Int) async throws {
        let stage = try await stage()
        try await block(stage, milliseconds)
        let metrics = try await TestHTTP(stage.host).request("GET", "/metrics").text
        #expect(metrics.contains("rnode_server_loop_blocked_total \(count)\n"))
    }

    @Test func `D8 there is one line a second, which says how many were left out`() async throws {
        let stage = try await stage()
        for _ in 0..<7 { try await block(stage, 300) }
        // The first at 300 ms; those at 600, 900 and 1,200 ms came too early, the next was that at 1,500.
        let found = log.lines(with: "a callback blocked its loop")
        #expect(found.count == 2)
        #expect(found.last?.contains("suppressed=3") == true)
    }

    @Test func `D8 how long turns take is in the metrics`() async throws {
        let stage = try await stage()
        for time in [3, 30, 30, 700] { try await block(stage, time) }
        let metrics = try await TestHTTP(stage.host).request("GET", "/metrics").text
        let counts = metrics.split(separator: "\n").filter {
            $0.contains("loop_lag_seconds_bucket")
        }
        .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(counts.count == LoopTally.turnBounds.count + 1)
        let parts = zip(counts.dropFirst(), counts).map { $0 - $1 }
        #expect(parts == [1, 0, 0, 2, 0, 0, 0, 1, 0, 0])
        #expect(metrics.contains("rnode_server_loop_lag_seconds_sum 0.763\n"))
    }
}
