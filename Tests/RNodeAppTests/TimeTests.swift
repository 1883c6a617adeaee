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
        let stage = try await Stage.make { app in
            app.websocket("/chat") { route in
                route.onConnect { _ async in
                    // Never within the test: the stage's clock is virtual, this one is not.
                    try? await Task.sleep(for: .seconds(600))
                }
            }
        }
        let peer = try stage.host.connect()
        peer.send(Self.upgrade)
        await stage.host.advance(by: .seconds(9))
        #expect(peer.takeBytes().isEmpty)
        await stage.host.advance(by: .seconds(2))
        #expect(peer.takeText().hasPrefix("HTTP/1.1 503 "))
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
