public import RNodeApp
import Logging
import RNodeBytes
import RNodeTesting

/// An app on two loops in which histories are run, one after another.
public final class HistoryStage {
    let host: TestHost
    /// The app.
    public let app: App
    let closes = Closes()
    /// Clients that were opened.
    public internal(set) var opened = 0
    /// Operations of clients.
    public internal(set) var operations = 0
    private var rounds = 0

    /// How often onClose ran for each client.
    final class Closes: Sendable {
        private let counts = Guarded<[String: Int]>([:])

        func note(_ client: String) { counts.withLock { $0[client, default: 0] += 1 } }

        /// Forgets, and tells.
        func take() -> [String: Int] {
            counts.withLock { counts in
                defer { counts = [:] }
                return counts
            }
        }
    }

    /// With `isAsync` the callbacks wait, so that flows are suspended in their middle.
    public init(isAsync: Bool) async throws {
        host = try TestHost(loops: 2)
        let (loop, clock, closes) = (host.loops[0], host.clock, closes)
        app = createApp { configuration in
            configuration.registryExecutor = loop
            configuration.wallClock = { clock.wallClockMilliseconds }
            configuration.logger.logLevel = .critical
        }
        app.websocket("/room") { route in
            route.jsonPingInterval = nil
            route.onClose { closes.note($0.clientId) }
            guard isAsync else { return }
            route.onJoinRoom { _ async in await Task.yield() }
            route.onLeaveRoom { _ async in await Task.yield() }
            route.onMessage { _ async in await Task.yield() }
        }
        let (app, loops) = (app, host.loops)
        try await host.run { try await app.serve(on: loops) }
    }

    /// Runs the history that belongs to a seed; returns what it found wrong.
    public func run(seed: UInt64) async throws -> [String] {
        let history = try await RoomHistory(self, seed: seed)
        try await history.play()
        var faults = try await history.end()
        rounds += 1
        if rounds % Self.roundsPerPause == 0 {
            let left = await pause()
            if left > 0 { faults.append("\(left) streams are left") }
        }
        return faults.map { "seed \(seed): \($0)" }
    }

    /// Lets the time pass for which the loops wait for a closed stream's peer; returns how many streams are left.
    ///
    /// Without it they would be more with each history, and each turn slower.
    func pause() async -> Int {
        await host.advance(by: .seconds(3))
        return host.loops.map(\.connectionCount).reduce(0, +)
    }

    static let roundsPerPause = 16
}
