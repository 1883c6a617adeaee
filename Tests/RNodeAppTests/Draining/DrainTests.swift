import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("A drain, on virtual time")
struct DrainTests {
    @Test func `D9 readiness goes first, and clients are served until preStopDelay is over`()
        async throws
    {
        let stage = try await Stage.make({ $0.drain.preStopDelay = .seconds(5) }) {
            $0.websocket("/chat") { _ in }
        }
        let probe = try TestHTTP(stage.host)
        #expect(try await probe.request("GET", "/readyz").status == 200)
        let ada = try await stage.client(id: "ada")
        let end = try await stage.beginDrain()
        let unready = try await probe.request("GET", "/readyz")
        #expect(unready.status == 503)
        #expect(unready.text == "draining\n")
        #expect(unready.field("connection") != "close", "nothing closes yet")
        #expect(try await probe.request("GET", "/livez").status == 200)
        let bob = try await stage.client(id: "bob")
        await stage.host.advance(by: .milliseconds(4_990))
        ada.send("still served")
        try await ada.next("message_ack")
        await stage.host.advance(by: .milliseconds(20))
        #expect(stage.host.listeners[0].descriptor == -1)
        #expect(await stage.answerCloses(of: [ada, bob]) == 2)
        #expect(try await stage.result(end) == .clean)
    }

    /// Milliseconds, and how many have their 1001 by then: at ten times the delay who did not answer it is cut.
    @Test(arguments: [(4_999, 0), (5_000, 1), (5_001, 1), (50_000, 0)])
    func `D9 preStopDelay: listeners close when it is over, and not one millisecond before`(
        milliseconds: Int, closes: Int
    ) async throws {
        let stage = try await Stage.make({
            $0.drain.preStopDelay = .seconds(5)
            $0.drain.deadline = .seconds(100)
        }) { $0.websocket("/chat") { _ in } }
        let ada = try await stage.client(id: "ada")
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(milliseconds))
        let isOver = milliseconds >= 5_000
        #expect((stage.host.listeners[0].descriptor == -1) == isOver)
        #expect(await stage.answerCloses(of: [ada]) == closes)
        #expect(ada.socket.peer.isReset == (milliseconds == 50_000))
        if !isOver {
            await stage.host.advance(by: .milliseconds(1))
            #expect(await stage.answerCloses(of: [ada]) == 1)
        }
        #expect(try await stage.result(end) == .clean)
    }

    @Test(arguments: [(20, 2_000), (50, 3_000)])
    func `D9 closes are spread evenly over the window`(count: Int, window: Int) async throws {
        let stage = try await Stage.make(loops: 2) {
            $0.drain.closeWindowPerConnection = .milliseconds(100)
            $0.drain.closeWindowMax = .seconds(3)
        } _: {
            $0.websocket("/chat") { _ in }
        }
        var clients: [Client] = []
        for number in 0..<count { clients.append(try await stage.client(loop: number % 2)) }
        let end = try await stage.beginDrain()
        var closed = 0
        for step in 1...10 {
            await stage.host.advance(by: .milliseconds(window / 10))
            closed += await stage.answerCloses(of: clients)
            let due = count * step / 10
            #expect((due - 3...due + 4).contains(closed), "\(closed) of \(due) at step \(step)")
        }
        await stage.host.advance(by: .milliseconds(window / 10))
        closed += await stage.answerCloses(of: clients)
        #expect(closed == count)
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `D9 what was queued comes before the 1001, however slowly it is read`() async throws
    {
        let stage = try await Stage.make { app in
            app.websocket(raw: "/echo") { $0.onMessage { $2.send($0, $1) } }
        }
        let shape = StreamShape(windowBytes: 500)
        let socket = try await TestWebSocket.open(stage.host, "/echo", shape: shape)
        let message = [UInt8](repeating: 7, count: 20_000)
        socket.send(message)
        await stage.host.settle()
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(10))
        #expect(try await socket.next() == .binary(message))
        #expect(try await socket.next() == .close(.goingAway, "server shutting down"))
        socket.close(.goingAway)
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `D9 a client that does not answer its 1001 is cut after five seconds`() async throws
    {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let stuck = try await stage.client()
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(4_900))
        #expect(!stuck.socket.peer.isFinished && !stuck.socket.peer.isReset)
        await stage.host.advance(by: .milliseconds(200))
        #expect(stuck.socket.peer.isReset)
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `D9 a request that is being answered is finished, and its connection closes`()
        async throws
    {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.get("/slow") { _, response in
                await gate.pass()
                response.text("done")
            }
        }
        let busy = try TestHTTP(stage.host)
        busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        let half = try TestHTTP(stage.host)
        half.send("GET /livez HTTP/1.1\r\n")
        let idle = try TestHTTP(stage.host)
        #expect(try await idle.request("GET", "/livez").status == 200)
        await stage.host.settle()
        let end = try await stage.beginDrain()
        #expect(idle.peer.isFinished, "nothing was asked on it")
        #expect(!busy.peer.isFinished)
        half.send("Host: a\r\n\r\n")
        for (client, isSlow) in [(half, false), (busy, true)] {
            if isSlow { gate.open() }
            let response = try await client.response()
            #expect(response.status == 200)
            #expect(response.field("connection") == "close")
            await stage.host.settle()
            #expect(client.peer.isFinished)
        }
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `D9 who waits in the listener's queue is served, and who is silent has 500 ms`()
        async throws
    {
        let stage = try await Stage.make { _ in }
        // Not accepted yet: no turn has run.
        let queued = try TestHTTP(stage.host)
        let silent = try stage.host.connect()
        queued.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        let end = try await stage.beginDrain()
        let response = try await queued.response()
        #expect(response.status == 200)
        await stage.host.advance(by: .milliseconds(490))
        #expect(!silent.isFinished)
        await stage.host.advance(by: .milliseconds(20))
        #expect(silent.isFinished)
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `D9 a response under way is sent to its end`() async throws {
        let stage = try await Stage.make { app in
            app.get("/big") { _, response in
                response.text(String(repeating: "x", count: 100_000))
            }
        }
        let reader = try TestHTTP(stage.host, shape: StreamShape(windowBytes: 1_000))
        reader.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        await stage.host.settle()
        let end = try await stage.beginDrain()
        #expect(try await reader.response().body.count == 100_000)
        #expect(try await stage.result(end) == .clean)
    }

    @Test(arguments: [1, 8, 40])
    func `D9 what is left at the deadline is cut, and counted`(seconds: Int) async throws {
        let gate = Gate()
        let stage = try await Stage.make {
            $0.drain.deadline = .seconds(seconds)
        } _: { app in
            app.get("/hangs") { _, _ in await gate.pass() }
        }
        let hung = try TestHTTP(stage.host)
        hung.send("GET /hangs HTTP/1.1\r\nHost: a\r\n\r\n")
        await stage.host.settle()
        let end = try await stage.beginDrain()
        let time = Duration.seconds(seconds) - min(.seconds(2), .seconds(seconds) / 4)
        await stage.host.advance(by: time - .milliseconds(5))
        #expect(!hung.peer.isFinished)
        await stage.host.advance(by: .milliseconds(10))
        #expect(hung.peer.isReset)
        let result = try await stage.result(end)
        #expect(result.cutConnections == 1)
        #expect(!result.isClean)
        #expect(result.exitCode == 3)
        gate.open()
    }

    /// Connections have three quarters of a deadline of eight seconds, the broker the rest.
    @Test(arguments: [(5_999, 0), (6_000, 1), (6_001, 1), (60_000, 1), (80_000, 1)])
    func `D9 deadline: what is left is cut when it is over, and not one millisecond before`(
        milliseconds: Int, cut: Int
    ) async throws {
        let gate = Gate()
        let stage = try await Stage.make {
            $0.drain.deadline = .seconds(8)
        } _: { app in
            app.get("/hangs") { _, response in
                await gate.pass()
                response.text("done")
            }
        }
        let hung = try TestHTTP(stage.host)
        hung.send("GET /hangs HTTP/1.1\r\nHost: a\r\n\r\n")
        await stage.host.settle()
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(milliseconds))
        #expect(hung.peer.isReset == (cut == 1))
        gate.open()
        if cut == 0 { #expect(try await hung.response().text == "done") }
        #expect(try await stage.result(end).cutConnections == cut)
    }

    @Test func `D9 a callback that still runs is waited for`() async throws {
        let gate = Gate()
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onClose { _ async in
                    await gate.pass()
                    journal.note("closed")
                }
            }
        }
        let ada = try await stage.client()
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(5))
        #expect(await stage.answerCloses(of: [ada]) == 1)
        await stage.host.advance(by: .seconds(3))
        #expect(journal.all.isEmpty)
        gate.open()
        #expect(try await stage.result(end) == .clean)
        #expect(journal.all == ["closed"])
    }

    @Test func `the app has a last word before each 1001`() async throws {
        let stage = try await Stage.make {
            $0.drain.onDrain = { $0.send("come back to \($0.clientId)") }
        } _: { app in
            app.websocket("/chat") { _ in }
            app.websocket(raw: "/raw") { _ in }
        }
        let ada = try await stage.client(id: "ada")
        let raw = try await TestWebSocket.open(stage.host, "/raw?clientId=bob")
        let end = try await stage.beginDrain()
        await stage.host.advance(by: .milliseconds(5))
        for (socket, name) in [(ada.socket, "ada"), (raw, "bob")] {
            #expect(try await socket.next() == .text("come back to \(name)"))
            #expect(try await socket.next() == .close(.goingAway, "server shutting down"))
            socket.close(.goingAway)
        }
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `nothing opens while connections close`() async throws {
        let gate = Gate()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.onConnect { _ async in await gate.pass() } }
        }
        let peer = try stage.host.connect()
        peer.send(TimeTests.upgrade)
        await stage.host.settle()
        let end = try await stage.beginDrain()
        gate.open()
        #expect(try await stage.result(end) == .clean)
        #expect(peer.takeText().hasPrefix("HTTP/1.1 503 "))
    }

    @Test func `D9 a broker that does not end has two seconds`() async throws {
        let stage = try await Stage.make {
            $0.broker = EndlessBroker()
        } _: { _ in
        }
        let end = try await stage.beginDrain()
        let journal = Journal()
        Task {
            _ = await end.value
            journal.note("over")
        }
        await stage.host.advance(by: .milliseconds(1_990))
        #expect(journal.all.isEmpty)
        await stage.host.advance(by: .milliseconds(20))
        #expect(try await stage.result(end) == .clean)
    }

    @Test func `a second call waits for the same end`() async throws {
        let stage = try await Stage.make(loops: 2) { $0.websocket("/chat") { _ in } }
        let (first, second) = (try await stage.beginDrain(), try await stage.beginDrain())
        #expect(try await stage.result(first) == .clean)
        #expect(try await stage.result(second) == .clean)
    }

    @Test(arguments: [
        (0, 0), (1, 1), (9_999, 9_999), (10_000, 10_000), (10_001, 10_000), (100_000, 10_000),
    ])
    func `the window is a millisecond for each connection, ten seconds at most`(
        connections: Int, milliseconds: Int
    ) {
        let window = DrainConfiguration().closeWindow(connections: connections)
        #expect(window == .milliseconds(milliseconds))
    }

    @Test func `a duration out of its range throws at the start, by its field's name`() async {
        let wrong: [(String, @Sendable (inout DrainConfiguration) -> Void)] = [
            ("preStopDelay", { $0.preStopDelay = .seconds(601) }),
            ("closeWindowMax", { $0.closeWindowMax = .seconds(601) }),
            ("closeWindowPerConnection", { $0.closeWindowPerConnection = .milliseconds(1_001) }),
            ("firstRequestTimeout", { $0.firstRequestTimeout = .seconds(61) }),
            ("brokerTimeout", { $0.brokerTimeout = .seconds(61) }),
            ("blockedLoopTimeout", { $0.blockedLoopTimeout = .seconds(61) }),
            ("deadline", { $0.deadline = .seconds(3_601) }),
            ("deadline", { $0.deadline = .seconds(-1) }),
        ]
        for (field, change) in wrong {
            await #expect {
                _ = try await Stage.make({ change(&$0.drain) }) { _ in }
            } throws: { error in
                "\(error)".contains("drain.\(field)")
            }
        }
    }
}

extension ShutdownResult {
    static let clean = ShutdownResult(cutConnections: 0)
}

/// Takes for ever to stop.
struct EndlessBroker: RoomBroker {
    var reachesOtherNodes: Bool { false }
    func start(delivering delivery: any RoomDelivery) async throws {}
    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool { false }
    func stop() async { try? await Task.sleep(for: .seconds(600)) }
}
