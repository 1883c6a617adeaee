import ArgumentParser
import RNodeApp

/// The whole server, over loops, streams and a clock that one seed decides about.
@main
struct Simulation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the server in simulated worlds, one for each seed.",
        discussion:
            "The same seed is the same run, byte for byte, under SWIFT_DETERMINISTIC_HASHING=1.")

    @Option(help: "What the loops run over: readiness or io_uring.") var backend = Backend.readiness
    @Option(help: "How many seeds.") var seeds = 1_000
    @Option(help: "The first of them.") var first: UInt64 = 1
    @Option(help: "Replays one seed and prints what happens.") var seed: UInt64?
    @Option(help: "Steps of the first phase of a run.") var steps = 1_500
    @Option(help: "Runs every so manieth seed twice, and compares.") var replayEvery: UInt64 = 50

    enum Backend: String, ExpressibleByArgument, CaseIterable {
        /// As with epoll and poll.
        case readiness
        /// As with io_uring.
        case ring = "io_uring"
    }

    private func makeWorld(_ seed: UInt64, printsLog: Bool = false) async throws -> World {
        try await World(seed: seed, overRings: backend == .ring, printsLog: printsLog)
    }

    func run() async throws {
        if let seed { return try await replay(seed) }
        var events = 0
        var clients = 0
        var replays = 0
        for number in 0..<UInt64(max(seeds, 1)) {
            let seed = first &+ number
            let world = try await makeWorld(seed)
            let violations = world.run(steps: steps)
            guard violations.isEmpty else { throw fail(seed, violations) }
            if seed % max(replayEvery, 1) == 0 {
                replays += 1
                let again = try await makeWorld(seed)
                _ = again.run(steps: steps)
                guard again.log.hash == world.log.hash else {
                    throw fail(seed, ["a second run went another way"])
                }
            }
            events += world.log.eventCount
            clients += world.clientCount
        }
        print(
            "Simulation over \(backend.rawValue): \(seeds) seeds from \(first), \(clients) clients, \(events) events, \(replays) replayed alike, 0 violations."
        )
    }

    private func replay(_ seed: UInt64) async throws {
        let world = try await makeWorld(seed, printsLog: true)
        let violations = world.run(steps: steps)
        print(
            "seed \(seed): \(world.log.eventCount) events, hash \(String(world.log.hash, radix: 16))"
        )
        guard violations.isEmpty else { throw fail(seed, violations) }
    }

    private func fail(_ seed: UInt64, _ violations: [String]) -> any Error {
        for violation in violations.prefix(8) { print("seed \(seed): \(violation)") }
        let options = "--backend \(backend.rawValue) --seed \(seed) --steps \(steps)"
        print("Once more, with its log: scripts/simulate \(options)")
        return ExitCode.failure
    }
}
