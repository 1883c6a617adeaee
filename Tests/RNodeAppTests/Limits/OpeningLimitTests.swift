import RNodeApp
import RNodeTesting
import Testing

@Suite("Limits of an opening")
struct OpeningLimitTests {
    @Test(arguments: [1_023, 1_024, 1_025, 10_240])
    func `bytes before the 101 are kept up to bytesBeforeOpenMax, and more are answered 400`(
        count: Int
    ) async throws {
        let (gate, opened) = AsyncStream<Void>.makeStream()
        let stage = try await Stage.make {
            $0.bytesBeforeOpenMax = 1_024
        } _: { app in
            app.websocket("/chat") { route in
                route.onConnect { _ async in for await _ in gate { break } }
            }
        }
        let peer = try stage.host.connect()
        // In one piece with the request: later bytes are not read before the answer.
        peer.send(Array(TimeTests.upgrade.utf8) + [UInt8](repeating: 0x81, count: count))
        await stage.host.settle()
        let answer = peer.takeText()
        #expect(answer.isEmpty == (count <= 1_024))
        if count > 1_024 { #expect(answer.hasPrefix("HTTP/1.1 400 ")) }
        opened.finish()
        await stage.host.settle()
    }

    @Test(arguments: [1, 2, 3, 20])
    func `blockedNoticesPerSecondMax notices are sent a second, the rest is counted`(count: Int)
        async throws
    {
        let stage = try await Stage.make {
            $0.blockedNoticesPerSecondMax = 2
        } _: { app in
            app.websocket("/chat") { $0.onMessage { _ in .cancel("no") } }
        }
        let ada = try await stage.client()
        for _ in 0..<count { ada.send("x") }
        #expect(await ada.socket.all().count == min(count, 2))
        await stage.host.advance(by: .seconds(1))
        ada.send("x")
        try await ada.next("message_blocked")
    }

    @Test(arguments: [1, 127, 128, 129, 1_280], ["a", "%41", "%C3%A9"])
    func `a client id has 1 to 128 bytes once it is decoded, and more are answered 400`(
        count: Int, character: String
    ) async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let bytes = character == "%C3%A9" ? 2 : 1
        let id =
            String(repeating: character, count: count / bytes)
            + String(repeating: "b", count: count % bytes)
        let peer = try stage.host.connect()
        peer.send(TimeTests.upgrade.replacing("/chat", with: "/chat?clientId=\(id)"))
        await stage.host.settle()
        let status = count <= 128 ? "101" : "400"
        #expect(peer.takeText().hasPrefix("HTTP/1.1 \(status) "))
        #expect(stage.app.getWebSocketConnections() == (count <= 128 ? 1 : 0))
    }
}
