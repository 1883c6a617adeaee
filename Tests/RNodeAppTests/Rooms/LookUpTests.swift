import Logging
import RNodeApp
import RNodeTesting
import Testing

@Suite("Messages to rooms that their loop knows nothing of")
struct LookUpTests {
    private let host: TestHost
    private let executor: HoldingExecutor
    private let stage: Stage
    private let room: String

    /// An app whose clients publish what they send to a room, and a registry that can be held up.
    init() async throws {
        let host = try TestHost()
        let executor = HoldingExecutor(host.loops[0])
        let rooms = Journal()
        let app = createApp {
            $0.registryExecutor = executor
            $0.logger.logLevel = .critical
        }
        app.websocket("/chat") { route in
            route.onMessage { $0.connection.publish($0.data ?? "", to: rooms.all[0]) }
        }
        app.websocket(raw: "/raw") { route in
            route.onMessage { $2.publish($0, $1, to: rooms.all[0]) }
        }
        try await host.run { try await app.serve(on: host.loops) }
        (self.host, self.executor) = (host, executor)
        stage = Stage(host: host, app: app)
        room = try await stage.room()
        rooms.note(room)
    }

    /// Somebody joins while the look-up for the first messages is held up.
    private func joined(after send: () -> Void) async throws -> Client {
        let bob = try await stage.client(id: "bob")
        executor.hold()
        send()
        await host.settle()
        #expect(executor.heldCount == 1, "a room is looked up once, for all that waits")
        executor.letPass()
        try await bob.join(room)
        #expect(await bob.socket.all() == [])
        return bob
    }

    private func texts(_ client: Client, _ count: Int) async throws -> [JSON?] {
        var texts: [JSON?] = []
        for _ in 0..<count { texts.append(try await client.next("room_message")["message"]) }
        return texts
    }

    @Test(arguments: [1, 2, 20])
    func `D2 what waits for a look-up is not overtaken by what comes when somebody has joined`(
        count: Int
    ) async throws {
        let ada = try await stage.client(id: "ada")
        let bob = try await joined { for number in 0..<count { ada.send("\(number)") } }
        ada.send("\(count)")
        let expected = (0...count).map { JSON.string("\($0)") }
        #expect(try await texts(bob, count + 1) == expected)
        executor.release()
        ada.send("last")
        #expect(try await texts(bob, 1) == ["last"])
        #expect(await bob.socket.all() == [], "each came once")
    }

    @Test func `D2 nor is what a raw route's client published`() async throws {
        let raw = try await TestWebSocket.open(host, "/raw")
        let bob = try await joined { raw.send("first") }
        raw.send("second")
        #expect(try await texts(bob, 2) == ["first", "second"])
        executor.release()
        #expect(await bob.socket.all() == [])
    }

    @Test func `D2 without a later message it comes when the room is found`() async throws {
        let ada = try await stage.client(id: "ada")
        let bob = try await joined { ada.send("alone") }
        executor.release()
        #expect(try await texts(bob, 1) == ["alone"])
    }
}
