import Logging
import RNodeBytes

@testable import RNodeApp
@testable import RNodeIO
@testable import RNodeTesting
import RNodeWS

/// The whole server over streams in memory: whatever up to four clients do, every answer is well-formed, and when
/// they are gone nothing of them is left.
@Sendable func fuzzServer(_ input: Span<UInt8>) throws(Finding) {
    let stage = try ServerStage(ServerManner(of: input))
    var choices = Choices()
    var clients: [ServerClient?] = [nil, nil, nil, nil]
    for _ in 0..<64 where !choices.isAtEnd(input) {
        let step = choices.byte(input)
        let place = Int(step >> 6)
        let client: ServerClient
        if let known = clients[place] {
            client = known
        } else {
            client = try ServerClient(stage, shape: choices.byte(input))
            clients[place] = client
        }
        if step & 0x3F == 0x3F {
            stage.pass(seconds: Int(choices.byte(input)))
        } else if client.act(step & 0x0F, input, &choices, room: stage.room) {
            clients[place] = nil
            try client.check()
        }
        if step & 0x10 == 0 { stage.settle() }
    }
    stage.settle()
    for client in clients {
        client?.peer.shape = StreamShape()
        client?.end(byReset: choices.offset & 1 == 0)
        stage.settle()
        try client?.check()
    }
    try stage.checkIsEmpty()
}

/// What is special about a server, by the length of the input.
enum ServerManner: Int {
    case plain
    /// Each message stands for itself, and most are compressed.
    case compresses
    /// Both sides keep contexts, of which the second or third has no room.
    case keepsContexts
    /// Little may wait for a client, and little may be said by one.
    case isStrict

    init(of input: Span<UInt8>) {
        self = ServerManner(rawValue: input.count & 3) ?? .plain
    }

    var compression: DeflateOptions? {
        var options = DeflateOptions()
        options.minimumBytes = 1
        options.serverKeepsContext = self == .keepsContexts
        options.clientKeepsContext = self == .keepsContexts
        return self == .plain ? nil : options
    }

    func adjust(_ configuration: inout AppConfiguration) {
        configuration.deflateContextBytesMax = self == .keepsContexts ? 120_000 : 1 << 20
        guard self == .isStrict else { return }
        configuration.memory.outboundBytesMax = 65_536
        configuration.memory.unfinishedBytesMax = 65_536
        configuration.connectionsPerAddressMax = 3
        configuration.webSocket.messagesPerSecondMax = 2
        configuration.webSocket.messageBurstMax = 4
        configuration.webSocket.controlFramesPerSecondMax = 2
        configuration.webSocket.controlFrameBurstMax = 4
    }

    /// The oldest messages give way, on a strict server's routes.
    var slowConsumers: SlowConsumerPolicy { self == .isStrict ? .dropOldest : .close }

    var limits: IOLimits {
        var limits = IOLimits()
        guard self == .isStrict else { return limits }
        limits.outputSoftMarkBytes = 1_024
        limits.outputHardCapBytes = 1_024
        return limits
    }
}

/// A server with a route of each kind on one loop, whose turns are run here.
final class ServerStage {
    let host: TestHost
    let app: App
    private let manner: ServerManner
    private(set) var room = ""

    init(_ manner: ServerManner) throws(Finding) {
        self.manner = manner
        do {
            let host = try TestHost(limits: manner.limits)
            let clock = host.clock
            self.host = host
            app = createApp { configuration in
                configuration.registryExecutor = host.loops[0]
                configuration.wallClock = { clock.wallClockMilliseconds }
                configuration.logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
                configuration.http.bodyBytesMax = 2_000
                configuration.webSocket.messageBytesMax = 2_000
                configuration.webSocket.fragmentsMax = 8
                manner.adjust(&configuration)
            }
        } catch {
            throw Finding(description: "no stage: \(error)")
        }
        registerRoutes()
        let (app, host) = (app, host)
        try wait { try await app.serve(on: host.loops) { _ in CountingGenerator() } }
        room = try wait { try await app.createRoom("room") }
    }

    private func registerRoutes() {
        let manner = manner
        let hardCap = manner.limits.outputHardCapBytes
        app.websocket("/chat") { route in
            route.compression = manner.compression
            route.slowConsumers = manner.slowConsumers
            if manner == .isStrict { route.outputHardCapBytes = hardCap }
            route.onConnect { _ in }
            route.onMessage { event in
                if event.data == "cancel" { return WebSocketEventResult.cancel("no") }
                if event.data == "throw" { throw Finding(description: "thrown") }
                return nil
            }
            route.onJoinRoom { _ in }
            route.onClose { _ in }
        }
        app.websocket("/slow/{name}") { route in
            route.compression = manner.compression
            route.onMessage { event async in await Task.yield() }
        }
        app.websocket(raw: "/raw") { route in
            route.compression = manner.compression
            route.slowConsumers = manner.slowConsumers
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
        app.get("/") { _, response in response.text("hello") }
        app.get("/files/{rest*}") { request, response in
            response.text(request.params["rest"] ?? "")
        }
        app.post("/echo") { request, response in response.bytes(request.body) }
        app.mountRoomAPI(at: "/api", authorize: .open)
    }

    /// Runs turns until `body`, which the loop runs as well, is through.
    @discardableResult
    private func wait<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws(Finding) -> Value {
        let outcome = Outcome<Value>()
        Task.detached(executorPreference: host.loops[0]) {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.result.withLock { $0 = result }
        }
        while true {
            host.turn()
            guard let result = outcome.result.withLock({ $0 }) else { continue }
            do { return try result.get() } catch { throw Finding(description: "\(error)") }
        }
    }

    /// Runs turns until there is nothing to do: one at least, for timers that are due.
    func settle() {
        var turns = 0
        repeat {
            turns += 1
            host.turn()
        } while host.isBusy && turns < 100_000
    }

    /// Lets time pass, each deadline at its own moment.
    func pass(seconds: Int) {
        settle()
        let end = host.clock.now.advanced(by: .seconds(seconds))
        while let next = host.loops[0].nextDeadline, next < end {
            let tick = host.clock.now.advanced(byNanoseconds: 1_000_000)
            host.clock.advance(to: min(max(next, tick), end))
            settle()
        }
        host.clock.advance(to: end)
        settle()
    }

    /// With no client left, nothing of any is left.
    func checkIsEmpty() throws(Finding) {
        pass(seconds: 120)
        try require(host.loops[0].openConnections().isEmpty, "connections are left")
        try require(!host.isBusy, "work is left")
        try requireEqual(app.getWebSocketConnections(), 0, "WebSocket connections are left")
        for loop in app.core?.loops ?? [] {
            try requireEqual(loop.liveCount, 0, "live")
            try requireEqual(loop.unfinishedBytes, 0, "unfinished")
            try requireEqual(loop.eventLoop.unsentBytes, 0, "unsent")
        }
        try requireEqual(app.core?.deflateBudget.reservedBytes ?? 0, 0, "contexts")
        let app = app
        let rooms = try wait { await app.getAllRooms() }
        for room in rooms { try requireEqual(room.connectionsCount, 0, "members are left") }
    }
}

/// Where a task leaves its result for the thread that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
    let result = Guarded<Result<Value, any Error>?>(nil)
}

/// Ids that are the same in every run.
struct CountingGenerator: RandomNumberGenerator {
    private var count: UInt64 = 0

    mutating func next() -> UInt64 {
        count &+= 0x9E37_79B9_7F4A_7C15
        return count
    }
}
