import RNodeApp
import RNodeTesting
import Testing

@Suite("The small chat")
struct SmallChatTests {
    @Test("A text with spam in it is blocked, any other is acknowledged")
    func spamIsBlocked() async throws {
        let host = try TestHost()
        let app = makeChat()
        try await host.run { try await app.serve(on: host.loops) }
        let ada = try await TestWebSocket.open(host, "/chat?clientId=ada")
        #expect(try await ada.nextText().contains(#""type":"welcome""#))

        ada.send("hello")
        #expect(try await ada.nextText().contains(#""type":"message_ack""#))
        ada.send("buy spam")
        #expect(try await ada.nextText().contains("Spam message blocked"))
    }

    @Test("Half a minute passes in no time, and the server pings")
    func pingsComeByThemselves() async throws {
        let host = try TestHost()
        let app = makeChat()
        try await host.run { try await app.serve(on: host.loops) }
        let ada = try await TestWebSocket.open(host, "/chat?clientId=ada")
        _ = try await ada.nextText()

        await host.advance(by: .seconds(31))
        let arrived = await ada.all()
        #expect(arrived.contains { $0 == .ping([]) })
    }
}
