import RNodeBytes
public import RNodeIO

/// What every ``/RNodeIO/EventLoopBackend`` must do, for any implementation to run.
///
/// Makes a new backend and new streams for each check, and closes the streams. Runs on one thread; with
/// a real kernel it waits some milliseconds.
public struct BackendConformance {
    let makeBackend: () throws -> any EventLoopBackend
    let makePair: (any EventLoopBackend) throws -> (any Transport, any Transport)
    let passTime: ((any EventLoopBackend, Duration) -> Void)?
    let pairCount: Int

    /// - Parameters:
    ///   - pairCount: How many streams are watched at once where many are; above 1,024 it is shown that
    ///     nobody starves behind the limit of a wait.
    ///   - backend: Makes a backend.
    ///   - pair: Makes two connected streams that the backend can watch.
    ///   - passTime: Moves the backend's clock, when it is a virtual one; nil when waiting takes time.
    public init(
        pairCount: Int = 64, backend: @escaping () throws -> any EventLoopBackend,
        pair: @escaping (any EventLoopBackend) throws -> (any Transport, any Transport),
        passTime: ((any EventLoopBackend, Duration) -> Void)? = nil
    ) {
        self.pairCount = max(pairCount, 2)
        self.makeBackend = backend
        self.makePair = pair
        self.passTime = passTime
    }

    /// All checks, each to be run by itself.
    public static let checks: [ConformanceCheck<BackendConformance>] =
        readinessChecks + watchingChecks + waitingChecks

    /// Runs all checks, and throws the first failure.
    public func run() throws {
        for check in BackendConformance.checks { try check.run(on: self) }
    }

    /// Makes a backend and a pair, lends them, and closes the pair.
    func withPair(
        _ body: (any EventLoopBackend, any Transport, any Transport) throws -> Void
    ) throws {
        let backend = try makeBackend()
        let (here, there) = try makePair(backend)
        defer {
            here.close(abort: false)
            there.close(abort: false)
        }
        try body(backend, here, there)
    }
}

extension EventLoopBackend {
    /// What is ready at this moment.
    func poll() -> [BackendEvent] {
        var events: [BackendEvent] = []
        _ = wait(until: MonotonicInstant(nanoseconds: .min), into: &events)
        return events
    }

    /// The readiness of `token` once it contains `wanted`, or what it was after a second of waits.
    func readiness(of token: UInt64, containing wanted: Readiness) -> Readiness {
        var events: [BackendEvent] = []
        var seen: Readiness = []
        for _ in 0..<50 {
            _ = wait(until: now.advanced(by: .milliseconds(20)), into: &events)
            seen = events.first { $0.token == token }?.readiness ?? []
            if seen.isSuperset(of: wanted) { break }
        }
        return seen
    }
}

extension Transport {
    /// Sends until the stream takes no more; the number of bytes, or nil after 256 MiB or a failure.
    func fill() -> Int? {
        let block = [UInt8](repeating: 0x61, count: 65_536)
        var total = 0
        var isVain = 0
        while total < 268_435_456 {
            switch send(block.span) {
            case .bytes(let count): total += count
            case .wouldBlock:
                // Full only when it says so twice: a stream may say so now and then.
                isVain += 1
                if isVain == 2 { return total }
                continue
            case .failed: return nil
            }
            isVain = 0
        }
        return nil
    }

    /// Reads until nothing is there or the end; the number of bytes.
    func drain() -> Int {
        var room = [UInt8](repeating: 0, count: 65_536)
        var total = 0
        var isVain = 0
        while isVain < 2 {
            var span = room.mutableSpan
            switch receive(into: &span) {
            case .bytes(let count):
                total += count
                isVain = 0
            case .wouldBlock: isVain += 1
            case .finished, .failed: return total
            }
        }
        return total
    }
}
