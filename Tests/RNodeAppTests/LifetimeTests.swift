import Glibc
import Logging
import RNodeApp
import RNodeBytes
import RNodeIO
import RNodeTesting
import Synchronization
import Testing

@Suite("What is let go when an app has ended")
struct LifetimeTests {
    /// Notes its own end.
    private final class Witness: Sendable {
        private let ended: @Sendable () -> Void

        init(_ ended: @escaping @Sendable () -> Void) { self.ended = ended }

        deinit { ended() }

        func seen() {}
    }

    private final class Ends: Sendable {
        private let count = Atomic(0)

        func note() { count.add(1, ordering: .relaxed) }

        var all: Int { count.load(ordering: .relaxed) }
    }

    /// Registers closures that hold the app itself, as users' do, and a witness.
    private func register(on app: App, _ ends: Ends) {
        let witness = Witness { ends.note() }
        app.websocket("/chat") { route in
            route.onMessage { _ in
                witness.seen()
                _ = app.getWebSocketConnections()
            }
        }
        app.get("/count") { _, response in
            witness.seen()
            response.text("\(app.getWebSocketConnections())")
        }
        app.use { request, response, next in
            _ = app.explain("/chat")
            try await next(request, response)
        }
    }

    @Test func `an app that its own routes hold goes with the host that ran it`() async throws {
        let ends = Ends()
        weak var app: App?
        do {
            let stage = try await Stage.make { register(on: $0, ends) }
            app = stage.app
            let ada = try await stage.client()
            ada.send("hello")
            try await ada.next("message_ack")
            #expect(ends.all == 0)
        }
        #expect(ends.all == 1)
        #expect(app == nil)
    }

    @Test func `a host that a route holds can be ended`() async throws {
        let ends = Ends()
        weak var app: App?
        weak var host: TestHost?
        do {
            let stage = try await Stage.make { register(on: $0, ends) }
            let held = stage.host
            (app, host) = (stage.app, held)
            let other = createApp()
            other.get("/") { _, _ in _ = held }
            held.end()
            held.turn()
        }
        #expect(ends.all == 1)
        #expect(app == nil)
        #expect(host == nil)
    }

    @Test(arguments: [false, true])
    func `a loop that is ended runs what its connections' ends have begun`(isAsync: Bool)
        async throws
    {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { journal.record(on: &$0, asynchronously: isAsync) }
        }
        let room = try await stage.room()
        let ada = try await stage.client()
        try await ada.join(room)
        stage.host.end()
        #expect(journal.all.suffix(2) == ["onLeaveRoom", "onClose"])
        #expect(stage.app.getWebSocketConnections() == 0)
    }

    @Test func `a connection that a throw refused leaves no task behind`() async throws {
        let ends = Ends()
        let journal = Journal()
        do {
            let witness = Witness { ends.note() }
            let stage = try await Stage.make { app in
                app.websocket("/chat") { route in
                    route.onConnect { _ async throws in throw Refused() }
                    route.onServerError { _ async in
                        witness.seen()
                        journal.note("onServerError")
                    }
                }
            }
            await #expect(throws: TestRefusal.self) { try await stage.client() }
        }
        #expect(journal.all == ["onServerError"])
        #expect(ends.all == 1)
    }

    @Test func `an app that has shut down has let its routes go, and still tells its counts`()
        async throws
    {
        let ends = Ends()
        let app = createApp {
            $0.loops = 2
            $0.logger.logLevel = .critical
        }
        register(on: app, ends)
        try await app.listen(port: 0)
        #expect(app.explain("/chat") != nil)
        #expect(await app.shutdown().isClean)
        #expect(ends.all == 1)
        #expect(app.explain("/chat") == nil)
        #expect(app.getWebSocketConnections() == 0)
        #expect(app.getWebSocketMessageCount() == 0)
        await #expect(throws: AppError.self) { try await app.listen(port: 0) }
        #expect(await app.shutdown().isClean)
    }

    @Test(.timeLimit(.minutes(5)))
    func `an app on a Unix path hands its connections to all its loops`() async throws {
        let app = createApp {
            $0.loops = 2
            $0.logger.logLevel = .critical
            // The later ones wait for the earlier ones, on real time.
            $0.http.headerTimeout = .seconds(300)
        }
        let threads = Guarded<Set<UInt>>([])
        app.get("/") { _, response in
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
            response.text("here")
        }
        let path = "/tmp/rnode-\(UInt64.random(in: 0 ... .max)).sock"
        let address = try await app.listen(on: .unix(path: path))
        let clients = try (0..<8).map { _ in try SocketTransport.connecting(to: address) }
        let request = Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8)
        for client in clients {
            guard case .bytes(request.count) = client.send(request.span) else {
                Issue.record("the request was not sent whole")
                continue
            }
            var answer: [UInt8] = []
            while !answer.suffix(4).elementsEqual("here".utf8) {
                var bytes = [UInt8](repeating: 0, count: 4_096)
                var span = bytes.mutableSpan
                switch client.receive(into: &span) {
                case .bytes(let count): answer += bytes.prefix(count)
                case .wouldBlock: await Task.yield()
                case .finished, .failed: throw ConnectionEnded()
                }
            }
            client.close(abort: false)
        }
        #expect(threads.withLock { $0.count } == 2)
        #expect(await app.shutdown().isClean)
        _ = unsafe unlink(path)
    }

    private struct ConnectionEnded: Error {}

    @Test func `listening twice adds an address to the same loops`() async throws {
        let app = createApp {
            $0.loops = 1
            $0.logger.logLevel = .critical
        }
        app.get("/fixed", fixed: Response().text("fixed"))
        async let first = app.listen(port: 0)
        async let second = app.listen(port: 0)
        let addresses = try await [first, second, app.listen(port: 0)]
        #expect(Set(addresses.map(\.description)).count == 3)
        #expect(await app.shutdown().isClean)
    }
}
