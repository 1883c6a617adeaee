import RNodeApp
import RNodeTesting
import Testing

@Suite("The kernel's bad days, seen by an app")
struct KernelThreatTests {
    @Test func `C1 without descriptors the log has one line a second, with how many were left out`()
        async throws
    {
        let log = NotedLog()
        let stage = try await Stage.make {
            $0.logger = log.logger()
        } _: {
            $0.websocket("/chat") { _ in }
        }
        let old = try await stage.client(id: "ada")
        stage.host.listeners[0].isExhausted = true
        for _ in 0..<200 { _ = try stage.host.connect() }
        for _ in 0..<10 {
            await stage.host.advance(by: .seconds(1))
            old.send("still here")
            try await old.next("message_ack")
        }
        let lines = log.lines.filter { $0.contains("accepting connections failed") }
        #expect(lines.count >= 9 && lines.count <= 11)
        #expect(lines.contains { $0.contains("EMFILE") || $0.contains("errno 24") })
        let untold = lines.compactMap {
            $0.split(separator: "suppressed=").last.flatMap { Int($0) }
        }
        #expect(untold.count == lines.count && untold.contains { $0 > 0 })
    }

    @Test(arguments: [1, 2, 20])
    func `connections beyond the limit are answered 503 with Retry-After`(beyond: Int) async throws
    {
        let (host, app) = try await limited(to: 3)
        var clients: [TestHTTP] = []
        for _ in 0..<3 {
            clients.append(try TestHTTP(host))
            #expect(try await clients.last?.request("GET", "/").status == 200)
        }
        for _ in 0..<beyond {
            let refused = try TestHTTP(host)
            let response = try await refused.response()
            #expect(response.status == 503)
            #expect(response.field("retry-after") == "1")
            #expect(response.field("connection") == "close")
            #expect(response.text.contains("Too many connections"))
        }
        clients[0].peer.close()
        await host.settle()
        #expect(try await TestHTTP(host).request("GET", "/").status == 200)
        let metrics = try await clients[1].request("GET", "/metrics").text
        #expect(metrics.contains("rnode_server_connections_refused_total \(beyond)\n"))
        #expect(metrics.contains("rnode_server_accept_errors_total{errno=\"EMFILE\"} 0\n"))
        #expect(metrics.contains("rnode_server_loop_lag_seconds_count"))
        withExtendedLifetime(app) {}
    }

    private func limited(to count: Int) async throws -> (TestHost, App) {
        var limits = IOLimits()
        limits.connectionsMax = count
        let host = try TestHost(limits: limits)
        let app = createApp(metrics: true) { $0.registryExecutor = host.loops[0] }
        app.get("/") { _, response in response.text("here") }
        try await host.run { try await app.serve(on: host.loops) }
        return (host, app)
    }

    /// How far a connection has come when its peer resets it.
    enum State: CaseIterable {
        case accepted, halfHead, halfBody, answering, idle, opening, open, halfFrame, inCallback
        case closing
    }

    @Test(arguments: State.allCases)
    func `C3 a reset in any state ends the connection, once, and nobody else`(_ state: State)
        async throws
    {
        let journal = Journal()
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.get("/slow") { _, response in
                await gate.pass()
                response.text("late")
            }
            app.post("/body") { _, response in response.text("done") }
            app.websocket("/chat") {
                $0.onConnect { event in if event.clientId == "waits" { await gate.pass() } }
                $0.onMessage { event in if event.data == "wait" { await gate.pass() } }
                $0.onClose { _ in journal.note("close") }
            }
        }
        let bystander = try await stage.client(id: "bob")
        let peer = try await reach(state, stage)
        peer.reset()
        await stage.host.settle()
        gate.open()
        await stage.host.settle()
        let hadOpened: [State] = [.open, .halfFrame, .inCallback, .closing]
        #expect(journal.all.count == (hadOpened.contains(state) ? 1 : 0))
        #expect(stage.host.loops[0].connectionCount == 1)
        bystander.send("still here")
        try await bystander.next("message_ack")
    }

    private func reach(_ state: State, _ stage: Stage) async throws -> InMemoryPeer {
        let host = stage.host
        let upgrade =
            "GET /chat?clientId=waits HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        switch state {
        case .open, .halfFrame, .inCallback, .closing:
            let client = try await stage.client(id: "ada")
            if state == .halfFrame { client.socket.peer.send([0x81, 0xFE, 0x10]) }
            if state == .inCallback { client.send("wait") }
            if state == .closing { client.socket.close() }
            await host.settle()
            return client.socket.peer
        default:
            let peer = try host.connect()
            switch state {
            case .halfHead: peer.send("GET /slow HTTP/1.1\r\nHo")
            case .halfBody:
                peer.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
            case .answering: peer.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            case .idle: peer.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
            case .opening: peer.send(upgrade)
            default: break
            }
            await host.settle()
            return peer
        }
    }

    @Test func `C4 a client that ends its side after the request gets its response`() async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.get("/now") { _, response in response.text("now") }
            app.get("/slow") { _, response in
                await gate.pass()
                response.text("late")
            }
        }
        for path in ["/slow", "/now"] {
            let client = try TestHTTP(stage.host)
            client.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
            client.peer.finish()
            await stage.host.settle()
            gate.open()
            #expect(try await client.response().text == (path == "/now" ? "now" : "late"))
            await stage.host.settle()
            #expect(client.peer.isFinished && !client.peer.isReset)
        }
        #expect(stage.host.loops[0].connectionCount == 0)
    }

    @Test func `C4 a WebSocket client that ends its side without a close is gone, with 1006`()
        async throws
    {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") {
                $0.onMessage { event in journal.note(event.data ?? "") }
                $0.onClose { event in journal.note("\(event.closeCode ?? 0)") }
            }
        }
        let client = try await stage.client(id: "ada")
        client.send("the last words")
        client.socket.peer.finish()
        await stage.host.settle()
        #expect(journal.all == ["the last words", "1006"])
        await stage.host.advance(by: .seconds(3))
        #expect(stage.host.loops[0].connectionCount == 0)
    }

    @Test
    func `C13 a firehose of messages has its share of a turn, and the quiet are served in it`()
        async throws
    {
        let journal = Journal()
        var limits = IOLimits()
        limits.messagesPerTurnMax = 16
        let host = try TestHost(limits: limits)
        let app = createApp { $0.registryExecutor = host.loops[0] }
        app.websocket(raw: "/raw") {
            $0.onMessage { bytes, _, _ in journal.note(bytes.count == 1 ? "hot" : "quiet") }
        }
        try await host.run { try await app.serve(on: host.loops) }
        let hot = try await TestWebSocket.open(host, "/raw")
        var quiet: [TestWebSocket] = []
        for _ in 0..<20 { quiet.append(try await TestWebSocket.open(host, "/raw")) }
        for _ in 0..<2_000 { hot.send([1]) }
        for client in quiet {
            client.send([1, 2])
            let before = journal.all.count
            host.turn()
            let turn = journal.all.dropFirst(before)
            #expect(turn.contains("quiet"))
            #expect(turn.count { $0 == "hot" } <= 32)
        }
        await host.settle()
        #expect(journal.all.count { $0 == "hot" } == 2_000)
        #expect(journal.all.count { $0 == "quiet" } == 20)
    }

    @Test
    func `C13 a share of a turn holds when answers fill the output before it is used up`()
        async throws
    {
        let served = Journal()
        var limits = IOLimits()
        limits.outputSoftMarkBytes = 1_024
        limits.messagesPerTurnMax = 64
        let host = try TestHost(limits: limits)
        let app = createApp { $0.registryExecutor = host.loops[0] }
        app.websocket(raw: "/raw") {
            $0.onMessage { bytes, kind, context in
                served.note("x")
                context.send([UInt8](repeating: 1, count: 100).span, kind)
            }
        }
        try await host.run { try await app.serve(on: host.loops) }
        let hot = try await TestWebSocket.open(host, "/raw")
        for _ in 0..<1_000 { hot.send([1]) }
        var most = 0
        while served.all.count < 1_000 {
            let before = served.all.count
            host.turn()
            most = max(most, served.all.count - before)
            _ = hot.peer.takeBytes()
        }
        #expect(most <= 2 * 64)
    }

    @Test
    func `C13 pipelined requests have their share of a turn too, and all are answered in order`()
        async throws
    {
        let served = Journal()
        var limits = IOLimits()
        limits.messagesPerTurnMax = 4
        let host = try TestHost(limits: limits)
        let app = createApp { $0.registryExecutor = host.loops[0] }
        app.get("/{n}") { request, response in
            served.note("x")
            response.text(request.params["n"] ?? "")
        }
        try await host.run { try await app.serve(on: host.loops) }
        let client = try TestHTTP(host)
        for number in 0..<100 { client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n") }
        var before = 0
        for _ in 0..<10 {
            host.turn()
            #expect(served.all.count - before <= 8)
            before = served.all.count
        }
        for number in 0..<100 { #expect(try await client.response().text == "\(number)") }
    }

    @Test func `C14 what a client declares is refused before anything is allocated for it`()
        async throws
    {
        let stage = try await Stage.make { app in
            app.post("/") { _, response in response.text("never") }
            app.websocket("/chat") { _ in }
        }
        for head in [
            "Content-Length: 999999999999999", "Content-Length: 9223372036854775807",
            "Content-Length: 99999999999999999999999", "Content-Length: 1048577",
        ] {
            let client = try TestHTTP(stage.host)
            client.send("POST / HTTP/1.1\r\nHost: a\r\n\(head)\r\n\r\n")
            #expect([400, 413].contains(try await client.response().status))
        }
        let chunked = try TestHTTP(stage.host)
        chunked.send(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n")
        #expect(try await chunked.response().status == 413)
        for length: [UInt8] in [
            [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0, 0x40, 0, 0, 0],
            [0x80, 0, 0, 0, 0, 0, 0, 0],
        ] {
            let client = try await stage.client()
            client.socket.peer.send([0x82, 0xFF] + length + [0, 0, 0, 0])
            guard case .close(let code, _) = try await client.socket.next() else {
                Issue.record("not closed")
                continue
            }
            #expect([1009, 1002].contains(code?.rawValue ?? 0))
        }
    }
}
