import Glibc
import Logging
import RNodeBytes
import RNodeTesting
import Testing

@testable import RNodeApp
@testable import RNodeIO

@Suite("Under a supervisor")
struct SupervisorTests {
    // MARK: - Sockets that it opened

    private static func environment(count: Int = 1) -> [String: String] {
        ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "\(count)"]
    }

    private static func makeApp(
        loops: Int, onRequest: @escaping @Sendable () -> Void = {}
    ) -> App {
        let app = createApp {
            $0.loops = loops
            $0.logger.logLevel = .critical
            // On real time: nobody is to be cut on a busy machine.
            $0.http.headerTimeout = .seconds(300)
            $0.drain.firstRequestTimeout = .seconds(60)
        }
        app.get("/") { _, response in
            onRequest()
            response.text("here")
        }
        return app
    }

    @Test(.timeLimit(.minutes(5)))
    func `an inherited socket is served by all loops, and a restart loses nobody`() async throws {
        let parent = try #require(
            try SocketListener.bind(to: .ip(host: "127.0.0.1", port: 0)).first)
        let threads = Guarded<Set<UInt>>([])
        let first = Self.makeApp(loops: 3) {
            threads.withLock { _ = $0.insert(UInt(pthread_self())) }
        }
        let addresses = try await first.listenOnInheritedSockets(
            Self.environment(), from: parent.descriptor)
        #expect(addresses == [parent.address])
        for _ in 0..<9 { #expect(try await Self.get(parent.address) == "here") }
        #expect(threads.withLock { $0.count } == 3)
        #expect(await first.shutdown().isClean)

        // While no process listens they wait, with what they have sent.
        let waiting = try (0..<4).map { _ in try Self.ask(parent.address) }
        let second = Self.makeApp(loops: 2)
        #expect(
            try await second.listenOnInheritedSockets(
                Self.environment(), from: parent.descriptor) == addresses)
        for client in waiting { #expect(try await Self.answer(to: client) == "here") }
        #expect(await second.shutdown().isClean)
    }

    @Test(.timeLimit(.minutes(5)))
    func `more sockets than loops are all served`() async throws {
        let parents = try (0..<3).map { _ in
            try #require(try SocketListener.bind(to: .ip(host: "127.0.0.1", port: 0)).first)
        }
        let first = try Self.neighbours(parents.map(\.descriptor))
        defer { for place in 0..<3 { Glibc.close(first + Int32(place)) } }
        let app = Self.makeApp(loops: 2)
        let addresses = try await app.listenOnInheritedSockets(
            Self.environment(count: 3), from: first)
        #expect(addresses == parents.map(\.address))
        for address in addresses { #expect(try await Self.get(address) == "here") }
        #expect(await app.shutdown().isClean)
    }

    /// Copies of descriptors with numbers that follow one another; returns the first.
    private static func neighbours(_ originals: [Int32]) throws -> Int32 {
        for start in stride(from: Int32(600), to: 1_000, by: 10) {
            let copies = originals.enumerated().map { fcntl($1, F_DUPFD, start + Int32($0)) }
            if copies == copies.indices.map({ start + Int32($0) }) { return start }
            for copy in copies where copy >= 0 { Glibc.close(copy) }
        }
        return try #require(nil, "no free descriptors beside each other")
    }

    @Test func `without inherited sockets nothing is begun, and what is none is thrown`()
        async throws
    {
        let app = Self.makeApp(loops: 1)
        #expect(try await app.listenOnInheritedSockets([:]) == [])
        #expect(app.core == nil)
        let file = FileDescriptor(owning: unsafe open("/dev/null", O_RDONLY))
        await #expect(throws: InheritedSocketError.self) {
            try await app.listenOnInheritedSockets(Self.environment(), from: 0)
        }
        #expect(app.core == nil)
        file.close()
        app.get("//", fixed: Response())
        await #expect(throws: RouteError.self) { try await app.listenOnInheritedSockets([:]) }
    }

    /// Connects and sends a request.
    private static func ask(_ address: SocketAddress) throws -> SocketTransport {
        let client = try SocketTransport.connecting(to: address)
        let request = Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8)
        #expect(client.send(request.span) == .bytes(request.count))
        return client
    }

    /// The answer's body.
    private static func answer(to client: SocketTransport) async throws -> String {
        var answer: [UInt8] = []
        while !answer.suffix(4).elementsEqual("here".utf8) {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            var span = bytes.mutableSpan
            switch client.receive(into: &span) {
            case .bytes(let count): answer += bytes.prefix(count)
            case .wouldBlock: await Task.yield()
            case .finished, .failed: return "the connection ended"
            }
        }
        client.close(abort: false)
        return String(decoding: answer.suffix(4), as: UTF8.self)
    }

    private static func get(_ address: SocketAddress) async throws -> String {
        try await answer(to: ask(address))
    }

    // MARK: - What it is told

    /// What a supervisor listens with.
    private final class Receiver {
        let path = "/tmp/rnode-\(UInt64.random(in: 0 ... .max)).notify"
        private let socket: FileDescriptor

        init() throws {
            socket = try SystemCalls.makeSocket(family: AF_UNIX, type: SystemCalls.datagramType)
            try SystemCalls.bind(socket, to: SystemCalls.numeric(.unix(path: path)))
        }

        deinit { try? SystemCalls.removeFile(at: path) }

        /// The messages that it has got.
        func messages() -> [String] {
            var messages: [String] = []
            var bytes = [UInt8](repeating: 0, count: 64)
            while true {
                var span = bytes.mutableSpan
                guard case .bytes(let count) = SystemCalls.receive(socket.rawValue, into: &span)
                else { return messages }
                messages.append(String(decoding: bytes.prefix(count), as: UTF8.self))
            }
        }
    }

    @Test func `it is told once that the app serves, and once when the drain begins`()
        async throws
    {
        let supervisor = try Receiver()
        let stage = try await Stage.make({ $0.drain.preStopDelay = .seconds(5) }) { _ in }
        stage.app.reportReady(to: Supervisor(environment: ["NOTIFY_SOCKET": supervisor.path]))
        #expect(supervisor.messages() == ["READY=1"])
        let end = try await stage.beginDrain()
        #expect(supervisor.messages() == ["STOPPING=1"])
        let app = stage.app
        let again = Task { await app.shutdown() }
        await stage.host.advance(by: .seconds(6))
        #expect(try await stage.result(end) == .clean)
        #expect(try await stage.result(again) == .clean)
        #expect(supervisor.messages() == [])
    }

    @Test func `without NOTIFY_SOCKET nobody is told`() async throws {
        #expect(Supervisor(environment: [:]) == nil)
        #expect(Supervisor(environment: ["NOTIFY_SOCKET": ""]) == nil)
        let log = NotedLog()
        let stage = try await Stage.make({ $0.logger = log.logger() }) { _ in }
        stage.app.reportReady(to: Supervisor(environment: [:]))
        #expect(log.lines(with: "supervisor").isEmpty)
    }

    @Test func `what can't be told is logged, and the app goes on`() async throws {
        let log = NotedLog()
        let stage = try await Stage.make({ $0.logger = log.logger() }) { app in
            app.get("/fixed", fixed: Response().text("fixed"))
        }
        let nobody = ["NOTIFY_SOCKET": "/nowhere/at/all"]
        stage.app.reportReady(to: Supervisor(environment: nobody))
        #expect(
            log.lines(with: "supervisor") == [
                "error the supervisor could not be told "
                    + "error=connect: No such file or directory (errno 2) message=READY=1"
            ])
        #expect(try await TestHTTP(stage.host).request("GET", "/fixed").status == 200)
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .seconds(1))
        #expect(try await stage.result(end) == .clean)
        #expect(log.lines(with: "STOPPING=1").count == 1)
    }
}
