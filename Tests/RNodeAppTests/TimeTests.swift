import RNodeApp
import RNodeTesting
import Testing

@Suite("What time does to a connection")
struct TimeTests {
    @Test func `a silent client is pinged, and cut when it does not answer`() async throws {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                journal.record(on: &route, asynchronously: false)
            }
        }
        let ada = try await stage.client()
        await stage.host.advance(by: .seconds(30))
        #expect(try await ada.socket.next() == .ping([]))
        #expect(!ada.socket.peer.isFinished)
        await stage.host.advance(by: .seconds(20))
        #expect(try await ada.socket.next() == .end)
        #expect(journal.all.suffix(2) == ["onError", "onClose"])
    }

    @Test func `a client that answers pings stays`() async throws {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.jsonPingInterval = nil }
        }
        let ada = try await stage.client()
        for _ in 0..<10 {
            await stage.host.advance(by: .seconds(28))
            while case .ping(let payload)? = await ada.socket.all().last {
                ada.socket.pong(payload)
            }
        }
        ada.send("still here")
        try await ada.next("message_ack")
    }

    @Test func `a JSON ping is sent when it is due, and none while one is unanswered`() async throws
    {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { $0.jsonPingInterval = .seconds(5) }
        }
        let ada = try await stage.client()
        await stage.host.advance(by: .seconds(17))
        let pings = await ada.socket.all().count { "\($0)".contains("ping") }
        #expect(pings == 1)
        ada.send(#"{"type":"pong"}"#)
        #expect(try await ada.next("pong")["latency"] == 12_000)
    }

    @Test func `an onConnect that takes too long is answered 503`() async throws {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onConnect { _ async in for await _ in gate { break } }
            }
        }
        let peer = try stage.host.connect()
        peer.send(Self.upgrade)
        await stage.host.advance(by: .seconds(9))
        #expect(peer.takeBytes().isEmpty)
        await stage.host.advance(by: .seconds(2))
        #expect(peer.takeText().hasPrefix("HTTP/1.1 503 "))
        opened.finish()
        await stage.host.settle()
    }

    @Test
    func `handshake and onConnect together have one time, from the first byte on`()
        async throws
    {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onConnect { _ async in for await _ in gate { break } }
            }
        }
        let peer = try stage.host.connect()
        peer.send(String(Self.upgrade.prefix(20)))
        await stage.host.advance(by: .seconds(6))
        peer.send(String(Self.upgrade.dropFirst(20)))
        await stage.host.advance(by: .milliseconds(3_990))
        #expect(peer.takeBytes().isEmpty)
        await stage.host.advance(by: .milliseconds(20))
        #expect(peer.takeText().hasPrefix("HTTP/1.1 503 "))
        opened.finish()
        await stage.host.settle()
    }

    @Test(arguments: [(900, "101"), (1_100, "503")])
    func `a head may not take longer than the whole handshake`(
        milliseconds: Int, status: String
    ) async throws {
        let stage = try await Stage.make {
            $0.handshakeTimeout = .seconds(1)
        } _: { app in
            app.websocket("/chat") { _ in }
        }
        let peer = try stage.host.connect()
        peer.send(String(Self.upgrade.prefix(20)))
        await stage.host.advance(by: .milliseconds(milliseconds))
        peer.send(String(Self.upgrade.dropFirst(20)))
        await stage.host.settle()
        #expect(peer.takeText().hasPrefix("HTTP/1.1 \(status) "))
    }

    @Test func `a client is not blamed for a message that was not read while a callback ran`()
        async throws
    {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                route.onPing { _ async in for await _ in gate { break } }
            }
        }
        let ada = try await stage.client()
        // "a", not the end; then a ping, whose callback takes its time; masked with zeros.
        ada.socket.peer.send([0x01, 0x81, 0, 0, 0, 0, 0x61])
        await stage.host.advance(by: .seconds(20))
        ada.socket.ping()
        await stage.host.advance(by: .seconds(100))
        opened.yield()
        await stage.host.advance(by: .seconds(9))
        ada.socket.peer.send([0x80, 0x81, 0, 0, 0, 0, 0x62])
        #expect(try await ada.socket.next() == .pong([]))
        #expect(try await ada.next("message_ack")["message"] == "ab")
    }

    @Test func `a callback gives an unfinished message no more time than it took itself`()
        async throws
    {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                route.onPing { _ async in for await _ in gate { break } }
            }
        }
        let ada = try await stage.client()
        ada.socket.peer.send([0x01, 0x81, 0, 0, 0, 0, 0x61])
        await stage.host.advance(by: .seconds(20))
        ada.socket.ping()
        await stage.host.advance(by: .seconds(100))
        opened.yield()
        await stage.host.advance(by: .seconds(11))
        let messages = await ada.socket.all()
        #expect(messages.last == .close(.policyViolation, "message not finished in time"))
    }

    @Test func `a head that does not come is answered 408`() async throws {
        let stage = try await Stage.make { _ in }
        let peer = try stage.host.connect()
        peer.send("GET / HTT")
        await stage.host.advance(by: .seconds(9))
        #expect(peer.takeBytes().isEmpty)
        await stage.host.advance(by: .seconds(2))
        let answer = peer.takeText()
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(peer.isFinished)
    }

    @Test func `a close that the client does not answer ends after five seconds`() async throws {
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onMessage { event in event.connection.close(code: .policyViolation) }
            }
        }
        let peer = try stage.host.connect()
        peer.send(Self.upgrade)
        await stage.host.settle()
        // "x", masked with zeros.
        peer.send([0x81, 0x81, 0, 0, 0, 0, 0x78])
        await stage.host.advance(by: .seconds(4))
        #expect(!peer.isFinished)
        await stage.host.advance(by: .seconds(2))
        #expect(peer.isFinished)
    }

    static let upgrade = """
        GET /chat HTTP/1.1\r
        Host: test\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r

        """
}
