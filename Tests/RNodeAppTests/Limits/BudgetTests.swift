import RNodeApp
import RNodeIO
import RNodeTesting
import Testing

@Suite("What all connections together may hold")
struct BudgetTests {
    private static let slow = StreamShape(windowBytes: 256)

    private func stage(
        loops: Int = 1, outbound: Int = 1 << 20, unfinished: Int = 1 << 20,
        _ errors: Errors = Errors()
    ) async throws -> Stage {
        try await Stage.make(loops: loops) { configuration in
            configuration.metrics = true
            configuration.memory.outboundBytesMax = outbound
            configuration.memory.unfinishedBytesMax = unfinished
        } _: { app in
            app.post("/post") { request, response in response.text("\(request.body.count)") }
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                route.onMessage { event in
                    // Sends as many kibibytes as it is told.
                    guard let count = Int(event.data ?? "") else { return }
                    let kibibyte = String(repeating: "x", count: 1_024)
                    for _ in 0..<count { event.connection.send(kibibyte) }
                }
                route.onError { event in
                    errors.note(
                        "\(event.clientId) \(event.errorType ?? "")", event.error ?? "",
                        event.closeCode)
                }
            }
        }
    }

    /// The first bytes of a masked text of `declared` bytes, so many of them `sent`.
    private static func unfinished(_ declared: Int, sent: Int) -> [UInt8] {
        let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: declared >> (8 * $0)) }
        return [0x81, 0xFF] + length + [0, 0, 0, 0] + [UInt8](repeating: 0x61, count: sent)
    }

    // MARK: - Outbound

    @Test func `the slowest is cut first, and the others stay`() async throws {
        let errors = Errors()
        let stage = try await stage(outbound: 65_536 * 4, errors)
        var clients: [Client] = []
        for name in ["ada", "bob", "eve"] {
            let client = try await stage.client(id: name, shape: Self.slow)
            client.send("80")
            await stage.host.settle()
            clients.append(client)
            await stage.host.advance(by: .seconds(1))
        }
        #expect(stage.host.loops[0].unsentBytes > 3 * 80 * 1_024 - 1_024)
        #expect(errors.all.isEmpty, "240 KiB are below 256 KiB")
        // Ada reads a little: Bob is now the one who has taken nothing for the longest time.
        _ = clients[0].socket.peer.takeBytes(atMost: 1)
        await stage.host.settle()
        let dan = try await stage.client(id: "dan", shape: Self.slow)
        dan.send("30")
        await stage.host.settle()
        #expect(errors.all == ["bob slow_consumer slow consumer 1013"])
        #expect(clients[1].socket.peer.isReset)
        #expect(!clients[0].socket.peer.isReset && !clients[2].socket.peer.isReset)
        #expect(!dan.socket.peer.isReset)
        #expect(stage.host.loops[0].unsentBytes <= 65_536 * 4)
        #expect(
            try await stage.metric(#"rnode_server_websocket_errors_total{kind="memory_budget"}"#)
                == 1)
    }

    @Test(arguments: [-1, 0, 1, 9])
    func `the budget holds at its limit, and one step above it`(more: Int) async throws {
        let errors = Errors()
        let stage = try await stage(outbound: 65_536 * 2, errors)
        for name in ["ada", "bob"] {
            let client = try await stage.client(id: name, shape: Self.slow)
            // 64 KiB in all, give or take `more` KiB; a frame's head has four bytes.
            client.send("\(63 + (name == "bob" ? more : 0))")
            await stage.host.settle()
        }
        let isOver = 2 * 63 + more > 127
        #expect(errors.all.count == (isOver ? 1 : 0))
        #expect(stage.host.loops[0].unsentBytes <= 65_536 * 2)
    }

    @Test func `ten times the budget is never held: the slowest go, in their order`() async throws {
        let errors = Errors()
        let stage = try await stage(outbound: 65_536 * 2, errors)
        for number in 0..<20 {
            let client = try await stage.client(id: "\(number)", shape: Self.slow)
            client.send("63")
            await stage.host.settle()
            #expect(stage.host.loops[0].unsentBytes <= 65_536 * 2)
            await stage.host.advance(by: .milliseconds(10))
        }
        #expect(errors.all == (0..<18).map { "\($0) slow_consumer slow consumer 1013" })
        // All of it at once, by one: neither it nor the two who were left may hold it.
        let greedy = try await stage.client(id: "greedy", shape: Self.slow)
        greedy.send("1280")
        await stage.host.settle()
        #expect(stage.host.loops[0].unsentBytes <= 65_536 * 2)
        #expect(errors.all.last == "greedy slow_consumer slow consumer 1013")
    }

    @Test func `a loop that holds little asks the one that holds much`() async throws {
        let errors = Errors()
        let stage = try await stage(loops: 2, outbound: 65_536 * 3, errors)
        for number in 0..<3 {
            let client = try await stage.client(id: "big\(number)", loop: 0, shape: Self.slow)
            client.send("60")
            await stage.host.settle()
        }
        let small = try await stage.client(id: "small", loop: 1, shape: Self.slow)
        small.send("50")
        await stage.host.settle()
        #expect(errors.all == ["big0 slow_consumer slow consumer 1013"])
        #expect(!small.socket.peer.isReset)
    }

    @Test func `two loops that ask in one turn have one connection cut, not two`() async throws {
        let errors = Errors()
        let stage = try await stage(loops: 3, outbound: 65_536 * 4, errors)
        for number in 0..<4 {
            let client = try await stage.client(id: "big\(number)", loop: 0, shape: Self.slow)
            client.send("60")
            await stage.host.settle()
        }
        let first = try await stage.client(id: "first", loop: 1, shape: Self.slow)
        let second = try await stage.client(id: "second", loop: 2, shape: Self.slow)
        #expect(errors.all.isEmpty)
        // Over the budget by 5 KiB and by 25 KiB: both loops ask before the one that holds much has its turn.
        first.send("20")
        second.send("20")
        await stage.host.settle()
        #expect(errors.all == ["big0 slow_consumer slow consumer 1013"])
        #expect(
            try await stage.metric(#"rnode_server_websocket_errors_total{kind="memory_budget"}"#)
                == 1)
    }

    @Test func `what is read is counted no more`() async throws {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada", shape: Self.slow)
        ada.send("50")
        await stage.host.settle()
        #expect(try await stage.metric("rnode_server_websocket_outbound_bytes") ?? 0 > 50_000)
        #expect(await readAll(ada.socket, stage).count == 51, "an acknowledgement, too")
        #expect(stage.host.loops[0].unsentBytes == 0)
        #expect(try await stage.metric("rnode_server_websocket_outbound_bytes") == 0)
        ada.send("50")
        await stage.host.settle()
        ada.socket.peer.reset()
        await stage.host.settle()
        #expect(stage.host.loops[0].unsentBytes == 0)
    }

    /// Reads until the loop has no more to send.
    private func readAll(_ socket: TestWebSocket, _ stage: Stage) async -> [TestMessage] {
        var all = await socket.all()
        while stage.host.loops[0].unsentBytes > 0 { all += await socket.all() }
        return all + (await socket.all())
    }

    // MARK: - Unfinished

    @Test func `the largest holder of an unfinished message is closed with 1013`() async throws {
        let errors = Errors()
        let stage = try await stage(unfinished: 400_000, errors)
        let small = try await stage.client(id: "small")
        let large = try await stage.client(id: "large")
        small.socket.peer.send(Self.unfinished(1 << 20, sent: 50_000))
        large.socket.peer.send(Self.unfinished(1 << 20, sent: 60_000))
        await stage.host.settle()
        #expect(errors.all.isEmpty)
        for _ in 0..<10 where errors.all.isEmpty {
            large.socket.peer.send([UInt8](repeating: 0x61, count: 60_000))
            await stage.host.settle()
        }
        #expect(errors.all == ["large memory_budget too much in unfinished messages 1013"])
        #expect(
            await large.socket.all().last
                == .close(.tryAgainLater, "too much in unfinished messages"))
        // What the small one holds is its own, and can still be finished.
        #expect(
            try await stage.metric("rnode_server_websocket_unfinished_bytes") ?? 0 <= 2 * 50_000)
        #expect(!small.socket.peer.isFinished)
    }

    @Test(arguments: [1, 0])
    func `B4 a flood of tiny fragments holds no more than twice what came and 16 KiB`(
        payload: Int
    ) async throws {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada")
        var received = 0
        // The first frame of a text, and continuations: never a last one. The limit is 1,024.
        for number in 0..<1_024 {
            let head: [UInt8] = [number == 0 ? 0x01 : 0x00, 0x80 | UInt8(payload), 0, 0, 0, 0]
            let fragment = head + [UInt8](repeating: 0x61, count: payload)
            ada.socket.peer.send(fragment)
            received += fragment.count
            if number % 64 == 63 {
                await stage.host.settle()
                let held = try await stage.metric("rnode_server_websocket_unfinished_bytes") ?? .max
                #expect(held <= 2 * received + 16_384)
            }
        }
        #expect(!ada.socket.peer.isFinished)
        ada.socket.peer.send([0x00, 0x80, 0, 0, 0, 0])
        #expect(await ada.socket.all().last == .close(.policyViolation, "too many fragments"))
        #expect(try await stage.metric("rnode_server_websocket_unfinished_bytes") == 0)
    }

    @Test func `B4 a message that is never finished ends after half a minute, and frees its bytes`()
        async throws
    {
        let stage = try await stage()
        let ada = try await stage.client(id: "ada")
        ada.socket.peer.send(Self.unfinished(1 << 20, sent: 40_000))
        await stage.host.settle()
        let held = try await stage.metric("rnode_server_websocket_unfinished_bytes") ?? 0
        #expect((40_000...80_000 + 16_384).contains(held))
        await stage.host.advance(by: .seconds(31))
        #expect(
            await ada.socket.all().last == .close(.policyViolation, "message not finished in time"))
        #expect(try await stage.metric("rnode_server_websocket_unfinished_bytes") == 0)
    }

    // MARK: - Bodies of requests

    private static let mebibyte =
        "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n"
    private static let held = "rnode_server_websocket_unfinished_bytes"
    private static let breaches =
        #"rnode_server_limit_breaches_total{limit="unfinished_bytes_max"}"#

    @Test(arguments: [1, 2])
    func `a body is answered 503 where it is the largest, and the others stay`(loops: Int)
        async throws
    {
        let errors = Errors()
        let stage = try await stage(loops: loops, unfinished: 400_000, errors)
        let small = try await stage.client(id: "small")
        small.socket.peer.send(Self.unfinished(1 << 20, sent: 50_000))
        let waiting = try TestHTTP(stage.host)
        waiting.send(Self.mebibyte + String(repeating: "a", count: 20_000))
        let large = try TestHTTP(stage.host, loop: loops - 1)
        large.send(Self.mebibyte)
        await stage.host.settle()
        for _ in 0..<10 where large.peer.availableCount == 0 {
            large.send(String(repeating: "a", count: 60_000))
            await stage.host.settle()
        }
        let answer = try await large.response()
        #expect(answer.status == 503)
        #expect(answer.text.contains("Too much in unfinished requests"))
        #expect(answer.field("retry-after") == "1" && answer.field("connection") == "close")
        await stage.host.settle()
        #expect(large.peer.isFinished)
        // What the others hold is their own, and can still be finished.
        #expect((70_000...200_000).contains(try await stage.metric(Self.held) ?? 0))
        waiting.send(String(repeating: "a", count: 10_000))
        await stage.host.settle()
        #expect(waiting.peer.availableCount == 0 && !waiting.peer.isFinished)
        #expect(errors.all.isEmpty && !small.socket.peer.isFinished)
        #expect(try await stage.metric(Self.breaches) == 1)
        #expect(
            try await stage.metric(#"rnode_server_websocket_errors_total{kind="memory_budget"}"#)
                == 1)
    }

    @Test func `a message that is larger than a body is closed first`() async throws {
        let errors = Errors()
        let stage = try await stage(unfinished: 400_000, errors)
        let http = try TestHTTP(stage.host)
        http.send(
            Self.mebibyte.replacing("1048576", with: "80000")
                + String(repeating: "a", count: 60_000))
        let large = try await stage.client(id: "large")
        large.socket.peer.send(Self.unfinished(1 << 20, sent: 60_000))
        for _ in 0..<10 where errors.all.isEmpty {
            large.socket.peer.send([UInt8](repeating: 0x61, count: 60_000))
            await stage.host.settle()
        }
        #expect(errors.all == ["large memory_budget too much in unfinished messages 1013"])
        #expect(try await stage.metric(Self.held) ?? 0 >= 60_000)
        #expect(http.peer.availableCount == 0)
        http.send(String(repeating: "a", count: 20_000))
        #expect(try await http.response().text == "80000")
        #expect(try await stage.metric(Self.held) == 0)
    }

    @Test func `a body whose error is answered already is dropped without another`() async throws {
        let errors = Errors()
        let stage = try await stage(unfinished: 400_000, errors)
        let failed = try TestHTTP(stage.host, shape: StreamShape(windowBytes: 64))
        failed.send("POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = String(repeating: "a", count: 60_000)
        for _ in 0..<4 {
            failed.send("EA60\r\n\(chunk)\r\n")
            await stage.host.settle()
        }
        failed.send("FFFFFFF\r\n")
        await stage.host.settle()
        // It has not closed before its answer is read, so it still holds what came.
        #expect(try await stage.metric(Self.held) ?? 0 >= 240_000)
        let ada = try await stage.client(id: "ada")
        ada.socket.peer.send(Self.unfinished(1 << 20, sent: 60_000))
        for _ in 0..<3 {
            await stage.host.settle()
            ada.socket.peer.send([UInt8](repeating: 0x61, count: 60_000))
        }
        await stage.host.settle()
        #expect(errors.all.isEmpty && !ada.socket.peer.isFinished)
        #expect((240_000..<400_000).contains(try await stage.metric(Self.held) ?? 0))
        #expect(try await stage.metric(Self.breaches) == 0)
        #expect(try await failed.response().status == 413)
        #expect(failed.peer.takeBytes() == [])
    }

    @Test(arguments: ["whole", "too long", "cut", "late", "unwanted"])
    func `a body is counted until its end, whatever that is`(end: String) async throws {
        let stage = try await stage()
        let http = try TestHTTP(stage.host)
        let path = end == "unwanted" ? "/nowhere" : "/post"
        let chunk = String(repeating: "a", count: 10_000)
        http.send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n"
                + chunk)
        await stage.host.settle()
        let counted = try await stage.metric(Self.held) ?? 0
        #expect(end == "unwanted" ? counted == 0 : (10_000...20_000).contains(counted))
        switch end {
        case "whole":
            http.send("\r\n0\r\n\r\n")
            #expect(try await http.response().text == "10000")
        case "too long":
            http.send("\r\nFFFFFFF\r\n")
            #expect(try await http.response().status == 413)
        case "cut": http.peer.reset()
        case "late":
            await stage.host.advance(by: .seconds(61))
            #expect(try await http.response().status == 408)
        default: #expect(try await http.response().status == 404)
        }
        await stage.host.settle()
        await stage.host.advance(by: .seconds(3))
        #expect(try await stage.metric(Self.held) == 0)
    }

    // MARK: - Rooms

    @Test func `D1 ten stalled members of a room of a thousand cost their caps, and nobody else`()
        async throws
    {
        var io = IOLimits()
        io.outputHardCapBytes = 65_536
        let journal = Journal()
        let stage = try await Stage.make(io: io) {
            $0.webSocket.messageBytesMax = 16_384
        } _: { app in
            app.websocket(raw: "/raw") { route in
                route.onOpen { $0.join(journal.all[0]) }
                route.onMessage { bytes, kind, context in
                    context.publish(bytes, kind, to: journal.all[0])
                }
            }
        }
        journal.note(try await stage.room())
        var members: [InMemoryPeer] = []
        for number in 0..<1_000 {
            let shape = number < 10 ? StreamShape(windowBytes: 1_024) : StreamShape()
            members.append(try stage.host.connect(shape: shape))
            members[number].send(TimeTests.upgrade.replacing("/chat", with: "/raw"))
        }
        await stage.host.settle()
        for member in members { #expect(member.takeText().hasPrefix("HTTP/1.1 101 ")) }
        let (bursts, perBurst) = (5, 8)
        // A frame's head has four bytes; a client's message is masked, here with zeros.
        let text = [UInt8](repeating: 0x61, count: 2_000)
        let message: [UInt8] = [0x81, 0xFE, 0x07, 0xD0, 0, 0, 0, 0] + text
        var most = 0
        for _ in 0..<bursts {
            for _ in 0..<perBurst { members[999].send(message) }
            await stage.host.settle()
            most = max(most, stage.host.loops[0].unsentBytes)
            #expect(members[10...].allSatisfy { $0.takeBytes().count == perBurst * 2_004 })
        }
        #expect(most > 10 * 60_000 && most <= 10 * (65_536 + 127), "no more than ten caps: \(most)")
        let stalled = members[..<10]
        var last = [[UInt8]](repeating: [], count: stalled.count)
        while stalled.contains(where: { $0.availableCount > 0 }) {
            for (place, member) in stalled.enumerated() {
                last[place] = (last[place] + member.takeBytes()).suffix(17)
            }
            await stage.host.settle()
        }
        // The close frame: 1013, "slow consumer".
        let close = [0x88, 15, 0x03, 0xF5] + Array("slow consumer".utf8)
        #expect(last.allSatisfy { $0 == close })
        #expect(stage.host.loops[0].unsentBytes == 0)
    }
}
