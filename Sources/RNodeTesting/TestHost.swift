public import RNodeIO

// @unchecked: a test uses it from one task at a time; that task may move between threads.
/// Event loops in a test's hands: no sockets, no threads, no sleep.
///
/// Each loop runs over a ``ScriptedBackend``, accepts from an ``InMemoryListener``, and takes the time from one
/// ``VirtualClock``. Turns are run by the methods here, whenever a test waits for something; so a test is a straight
/// story: connect, send, expect.
///
/// ```swift
/// let host = try TestHost()
/// let app = createApp { $0.registryExecutor = host.loops[0] }
/// app.websocket("/chat") { $0.onMessage { event in … } }
/// try await host.run { try await app.serve(on: host.loops) }
/// let client = try await TestWebSocket.open(host, "/chat?clientId=ada")
/// ```
///
/// Used by one test at a time.
public final class TestHost: @unchecked Sendable {
    /// The time that every loop is told.
    public let clock: VirtualClock
    /// The loops.
    public let loops: [EventLoop]
    /// What each loop waits with.
    public let backends: [ScriptedBackend]
    /// Where each loop's connections come from.
    public let listeners: [InMemoryListener]
    /// The rings between loops and backends, where the loops run over io_uring without a kernel; else empty.
    package let rings: [ScriptedRing]
    private let ringBackends: [IOUring]

    /// How long a test waits in real time for what never comes, before it fails; at least 20,000 rounds of
    /// turns go by too, so that a busy machine fails no test.
    public var patience = Duration.seconds(20)

    /// `count` loops with these limits.
    public convenience init(loops count: Int = 1, limits: IOLimits = IOLimits()) throws {
        try self.init(loops: count, limits: limits, overRings: false)
    }

    /// The same; over io_uring, whose operations the backends complete, if wished.
    package init(loops count: Int, limits: IOLimits, overRings: Bool) throws {
        let clock = VirtualClock()
        let descriptors = VirtualDescriptors()
        let budget = ConnectionBudget(limit: limits.connectionsMax)
        var loops: [EventLoop] = []
        var backends: [ScriptedBackend] = []
        var listeners: [InMemoryListener] = []
        var rings: [ScriptedRing] = []
        var ringBackends: [IOUring] = []
        for index in 0..<max(count, 1) {
            let backend = ScriptedBackend(clock: clock, descriptors: descriptors)
            let listener = InMemoryListener(descriptors: descriptors)
            var waitsWith: any EventLoopBackend = backend
            if overRings {
                let ring = ScriptedRing(backend)
                let ringBackend = IOUring(ring: ring)
                rings.append(ring)
                ringBackends.append(ringBackend)
                waitsWith = ringBackend
            }
            let loop = try EventLoop(
                backend: waitsWith, limits: limits, index: index, budget: budget)
            try loop.listen(on: listener)
            loops.append(loop)
            backends.append(backend)
            listeners.append(listener)
        }
        self.clock = clock
        self.loops = loops
        self.backends = backends
        self.listeners = listeners
        self.rings = rings
        self.ringBackends = ringBackends
    }

    deinit {
        end()
    }

    /// Ends the loops: cuts what is still open, and lets the app go that they served.
    ///
    /// A host does so by itself when nobody holds it any more. Call it where a route's own closure holds the host.
    public func end() {
        for loop in loops { loop.end() }
    }

    // MARK: - Turns

    /// Whether a turn of some loop would do something.
    public var isBusy: Bool {
        if loops.contains(where: \.hasWork) { return true }
        guard !rings.isEmpty else { return backends.contains(where: \.isReady) }
        return rings.contains(where: \.isReady) || ringBackends.contains(where: \.hasWork)
    }

    /// Runs one turn of every loop, without waiting.
    public func turn() {
        for loop in loops { loop.turn(waits: false) }
    }

    /// Runs turns until no loop has anything to do.
    public func settle() async {
        var quietRounds = 0
        // Jobs may be on their way through Swift's own pool: a few yields let them arrive.
        while quietRounds < 8 {
            quietRounds = isBusy ? 0 : quietRounds + 1
            turn()
            await Task.yield()
        }
    }

    /// Runs turns until `condition` holds; throws ``TestFailure`` when it does not within ``patience``.
    public func wait(
        for what: String, until condition: () -> Bool
    ) async throws {
        let end = ContinuousClock.now.advanced(by: patience)
        var rounds = 0
        while !condition() {
            rounds += 1
            if rounds > 20_000, rounds % 1_000 == 0, ContinuousClock.now >= end {
                throw TestFailure("no \(what) came")
            }
            turn()
            await Task.yield()
        }
    }

    /// Runs turns while `body` runs, until it has ended: for calls that wait for a loop.
    ///
    /// `body` runs on the first loop, so that it never meets a turn: it may serve an app on the loops.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let outcome = Outcome<Result>()
        Task(executorPreference: loops[0]) {
            do {
                outcome.value = .success(try await body())
            } catch {
                outcome.value = .failure(error)
            }
            self.loops[0].post { _ in outcome.isThere = true }
        }
        try await wait(for: "end of an async call") { outcome.isThere }
        guard let value = outcome.value else {
            throw TestFailure("an async call ended without result")
        }
        return try value.get()
    }

    // @unchecked: written by the task before it posts to the loop, read after that post was run.
    private final class Outcome<Value>: @unchecked Sendable {
        var value: Result<Value, any Error>?
        var isThere = false
    }

    // MARK: - Time

    /// Lets `duration` pass: every deadline on the way is served at its own moment.
    public func advance(by duration: Duration) async {
        await settle()
        let end = clock.now.advanced(by: duration)
        while let next = nextDeadline, next < end {
            // A wheel's tick is a millisecond.
            let tick = clock.now.advanced(byNanoseconds: 1_000_000)
            clock.advance(to: min(max(next, tick), end))
            await settle()
        }
        if clock.now < end { clock.advance(to: end) }
        await settle()
    }

    private var nextDeadline: MonotonicInstant? {
        loops.compactMap(\.nextDeadline).min()
    }

    // MARK: - Connections

    /// Connects a stream to a loop; accepted by the next turn.
    public func connect(
        toLoop index: Int = 0, shape: StreamShape = StreamShape()
    ) throws -> InMemoryPeer {
        guard listeners.indices.contains(index) else {
            throw TestFailure("there is no loop \(index)")
        }
        return listeners[index].connect(shape: shape)
    }
}

/// What a test waited for did not come, or came otherwise.
public struct TestFailure: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
