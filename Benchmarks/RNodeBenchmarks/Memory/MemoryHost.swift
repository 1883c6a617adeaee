import Logging
import RNodeApp
import Synchronization

/// One event loop over memory, in the hands of the thread that measures.
///
/// The loop, the app and all between them are the real ones; only what lies below the seams `EventLoopBackend`,
/// `Transport` and `Listener` is replaced, by as little as possible.
final class MemoryHost {
    let loop: EventLoop
    private let backend = MemoryBackend()
    private let listener = MemoryListener()
    private var ring: (ring: MemoryRing, backend: IOUring)?

    /// - Parameter overRing: whether the loop runs over io_uring.
    init(overRing: Bool = false) throws {
        if overRing {
            let ring = MemoryRing(backend)
            let ringBackend = IOUring(ring: ring)
            self.ring = (ring, ringBackend)
            loop = try EventLoop(backend: ringBackend)
        } else {
            loop = try EventLoop(backend: backend)
        }
        try loop.listen(on: listener)
    }

    deinit { loop.end() }

    /// An app whose registry runs on this loop too, so that nothing of it runs on another thread.
    func makeApp() -> App {
        createApp { configuration in
            configuration.registryExecutor = loop
            configuration.logger.logLevel = .critical
            configuration.wallClock = { 1_735_689_600_000 }
        }
    }

    /// Serves an app on the loop.
    func serve(_ app: App) throws {
        try run { [loop] in try await app.serve(on: [loop]) }
    }

    // MARK: - Turns

    /// Runs one turn.
    func turn() { loop.turn() }

    /// Turns in each of which every stream gives `read`.
    func turns(of streams: [MemoryStream], giving read: [UInt8]) -> Run {
        for stream in streams { stream.giveEachTurn(read) }
        let events = streams.map { backend.readable($0.descriptor) }
        return { count in
            for _ in 0..<count {
                self.backend.happened(events)
                self.loop.turn()
            }
        }
    }

    /// Runs turns until there is nothing to do.
    func settle() {
        while isBusy { loop.turn() }
    }

    private var isBusy: Bool {
        if backend.isReady || loop.hasWork { return true }
        guard let ring else { return false }
        return ring.ring.isReady || ring.backend.hasWork
    }

    /// Runs turns while something runs between them, and returns what came of it. For preparing only.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let outcome = Outcome<Value>()
        // Not on Swift's pool: it must not meet a turn, and under valgrind this thread would leave it no time.
        Task(executorPreference: loop) {
            do {
                let value = try await body()
                outcome.result.withLock { $0 = .success(value) }
            } catch {
                outcome.result.withLock { $0 = .failure(error) }
            }
        }
        while true {
            if let result = outcome.result.withLock({ $0 }) { return try result.get() }
            loop.turn()
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    // MARK: - Connections

    /// A connection, accepted when turns run.
    func connect() -> MemoryStream {
        let stream = backend.takeStream()
        listener.connect(stream)
        backend.becameReadable(MemoryBackend.listenerDescriptor)
        return stream
    }

    /// A WebSocket connection that is open.
    func open(_ request: [UInt8]) throws -> MemoryStream {
        let stream = connect()
        stream.keepsWhatIsSent = true
        settle()
        stream.give(request)
        settle()
        stream.keepsWhatIsSent = false
        let answer = String(decoding: stream.takeSent(), as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 101 ") else {
            throw BenchmarkFailure("an upgrade was answered by: \(answer)")
        }
        return stream
    }

    /// What is sent to a stream when it is given these bytes.
    func answer(to bytes: [UInt8], on stream: MemoryStream) -> [UInt8] {
        stream.keepsWhatIsSent = true
        stream.give(bytes)
        settle()
        stream.keepsWhatIsSent = false
        return stream.takeSent()
    }
}

extension MemoryHost {
    /// What one run sends to each of some streams; a second one, of which nothing is kept, must send as much.
    func sent(to streams: [MemoryStream], by run: Run) throws -> [[UInt8]] {
        for stream in streams { stream.keepsWhatIsSent = true }
        run(1)
        // What io_uring is to send goes out in the next turn.
        settle()
        for stream in streams { stream.keepsWhatIsSent = false }
        let before = streams.map(\.sentCount)
        run(1)
        settle()
        return try zip(streams, before).map { stream, before in
            let sent = stream.takeSent()
            guard stream.sentCount - before == sent.count else {
                throw BenchmarkFailure(
                    "\(sent.count) bytes were sent, then \(stream.sentCount - before)")
            }
            return sent
        }
    }
}

/// Why there is nothing to measure.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
