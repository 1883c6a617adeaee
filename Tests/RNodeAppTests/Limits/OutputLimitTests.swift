import RNodeBytes
import RNodeIO
import RNodeTesting
import Testing

@testable import RNodeApp

/// At each limit, one below, one above, and ten times it.
@Suite("What one connection may have unsent, and of a turn")
struct OutputLimitTests {
    private static let window = 512
    /// What stands in front of a payload of 126 bytes or more.
    private static let frameHead = 4

    /// A route that answers each number with so many bytes, for peers that take 512 and no more.
    private func stage(
        _ io: IOLimits, cap: Int = 1 << 20, _ served: Journal, _ errors: Errors = Errors()
    ) async throws -> Stage {
        try await Stage.make(io: io) { app in
            app.websocket(raw: "/raw") { route in
                route.outputHardCapBytes = cap
                route.onMessage { bytes, _, context in
                    served.note("x")
                    let count = Int(String(decoding: bytes.copied(), as: UTF8.self)) ?? 0
                    context.send([UInt8](repeating: 1, count: count).span, .binary)
                }
            }
            app.websocket("/chat") { route in
                route.jsonPingInterval = nil
                route.onError { errors.note($0.errorType ?? "", $0.error ?? "", $0.closeCode) }
            }
        }
    }

    private func open(_ stage: Stage) async throws -> TestWebSocket {
        try await TestWebSocket.open(
            stage.host, "/raw", shape: StreamShape(windowBytes: Self.window))
    }

    /// Reads until the loop has no more to send.
    private func readAll(_ socket: TestWebSocket, _ stage: Stage) async -> [TestMessage] {
        var all = await socket.all()
        while stage.host.loops[0].unsentBytes > 0 { all += await socket.all() }
        return all + (await socket.all())
    }

    // MARK: - A turn

    @Test(arguments: [9, 10, 11, 100])
    func `messagesPerTurnMax: a turn takes so many messages of a connection`(count: Int)
        async throws
    {
        let served = Journal()
        var io = IOLimits()
        io.messagesPerTurnMax = 10
        let stage = try await stage(io, served)
        let hot = try await TestWebSocket.open(stage.host, "/raw")
        for _ in 0..<count { hot.send("0") }
        var before = 0
        for _ in 0..<((count + 9) / 10) {
            stage.host.turn()
            #expect(served.all.count == min(before + 10, count))
            before = served.all.count
        }
        #expect(served.all.count == count)
    }

    // MARK: - The soft mark

    @Test(arguments: [2_047, 2_048, 2_049, 20_480])
    func `outputSoftMarkBytes: who leaves more unsent is not read before it has taken some`(
        unsent: Int
    ) async throws {
        let served = Journal()
        var io = IOLimits()
        io.outputSoftMarkBytes = 2_048
        let stage = try await stage(io, served)
        let socket = try await open(stage)
        socket.send("\(unsent + Self.window - Self.frameHead)")
        await stage.host.settle()
        #expect(stage.host.loops[0].unsentBytes == unsent)
        socket.send("0")
        await stage.host.settle()
        #expect(served.all.count == (unsent > 2_048 ? 1 : 2))
        // Down to half the mark, and it is read again.
        while served.all.count == 1 {
            #expect(stage.host.loops[0].unsentBytes > 1_024)
            guard !socket.peer.takeBytes(atMost: 64).isEmpty else { break }
            await stage.host.settle()
        }
        #expect(served.all.count == 2)
    }

    // MARK: - The hard cap

    /// A frame counts with ten bytes for its head, as the largest has.
    @Test(arguments: [4_095, 4_096, 4_097, 40_960])
    func `outputHardCapBytes: the message that would pass it is not sent, and 1013 closes`(
        counted: Int
    ) async throws {
        let stage = try await stage(IOLimits(), cap: 4_096, Journal())
        let socket = try await open(stage)
        socket.send("\(1_000 + Self.window - Self.frameHead)")
        await stage.host.settle()
        #expect(stage.host.loops[0].unsentBytes == 1_000)
        socket.send("\(counted - 1_000 - 10)")
        await stage.host.settle()
        let isOver = counted > 4_096
        // A close frame has its head, its code and "slow consumer".
        let unsent = isOver ? 1_000 + 17 : counted - 10 + Self.frameHead
        #expect(stage.host.loops[0].unsentBytes == unsent)
        let all = await readAll(socket, stage)
        #expect(all.count == 2)
        #expect((all.last == .close(.tryAgainLater, "slow consumer")) == isOver)
    }

    @Test func `outputHardCapBytes: a message that finds nothing unsent is always taken`()
        async throws
    {
        let stage = try await stage(IOLimits(), cap: 4_096, Journal())
        let socket = try await open(stage)
        socket.send("40960")
        let all = await readAll(socket, stage)
        #expect(all.count == 1 && all[0] == .binary([UInt8](repeating: 1, count: 40_960)))
    }

    // MARK: - Time

    /// A client that reads nothing, was sent more than it takes, and has ten seconds to take some.
    private func stalled(window: Int = window, messages: Int = 10)
        async throws -> (stage: Stage, ada: Client, errors: Errors)
    {
        let errors = Errors()
        var io = IOLimits()
        io.outputStallTimeout = .seconds(10)
        let stage = try await stage(io, Journal(), errors)
        let ada = try await stage.client(id: "ada", shape: StreamShape(windowBytes: window))
        for number in 0..<messages { try await stage.tell("ada", number) }
        return (stage, ada, errors)
    }

    @Test(arguments: [9_999, 10_000, 10_001, 100_000])
    func `outputStallTimeout: who takes nothing for so long is closed`(milliseconds: Int)
        async throws
    {
        let (stage, ada, errors) = try await stalled()
        await stage.host.advance(by: .milliseconds(milliseconds))
        let isOver = milliseconds >= 10_000
        #expect(errors.all.first == (isOver ? "slow_consumer slow consumer 1013" : nil))
        #expect(ada.socket.peer.isReset == (milliseconds == 100_000))
    }

    @Test(
        "C10 outputStallTimeout: what the peer takes counts, when it is enough, and not what the kernel takes for it",
        arguments: [(512, 0), (512, 1), (2_048, 3), (2_048, 4)])
    func stallGoesByThePeer(window: Int, taken: Int) async throws {
        let (stage, ada, errors) = try await stalled(window: window, messages: 40)
        await stage.host.advance(by: .milliseconds(9_000))
        let peer = ada.socket.peer
        if taken > 0 {
            #expect(peer.takeBytes(atMost: taken).count == taken)
        } else {
            peer.shape = StreamShape(windowBytes: window + 10)
        }
        try await stage.tell("ada", 40)
        await stage.host.advance(by: .milliseconds(1_001))
        #expect(errors.all.isEmpty == (taken > 0 && taken >= window / 512))
        await stage.host.advance(by: .milliseconds(9_000))
        #expect(!errors.all.isEmpty)
    }

    @Test(
        "C10 outputStallTimeout begins with the last byte the peer took, though its socket did not become writable",
        arguments: [100, 9_000])
    func stallBeginsWithTheLastByteTaken(milliseconds: Int) async throws {
        let (stage, ada, errors) = try await stalled()
        let peer = ada.socket.peer
        peer.shape = StreamShape(windowBytes: 1)
        await stage.host.advance(by: .milliseconds(milliseconds))
        #expect(peer.takeBytes(atMost: 1).count == 1)
        await stage.host.advance(by: .milliseconds(9_999))
        #expect(errors.all.isEmpty)
        // What was taken is seen at the next look, a quarter of a second later at most.
        await stage.host.advance(by: .milliseconds(252))
        #expect(!errors.all.isEmpty)
    }

    // MARK: - All that is unfinished

    /// `of` holds what two messages in pieces keep, when nobody is sent away.
    @Test(arguments: [-1, 0, 1])
    func `unfinishedBytesMax: at the limit both go on, one byte above it the larger goes`(
        more: Int
    ) async throws {
        let held = try await unfinished(budget: 1 << 30).held
        #expect(held > 655_360)
        let (left, closes) = try await unfinished(budget: held - more)
        #expect(closes == (more > 0 ? 1 : 0))
        #expect(more > 0 ? left < held / 2 : left == held)
    }

    @Test func `unfinishedBytesMax: ten times the limit is never held`() async throws {
        let held = try await unfinished(budget: 1 << 30).held
        let (left, closes) = try await unfinished(budget: held / 10)
        #expect(closes == 2 && left == 0)
    }

    /// What is held of a small and a large message that are never finished, and how many were closed.
    private func unfinished(budget: Int) async throws -> (held: Int, closes: Int) {
        let stage = try await Stage.make {
            $0.memory.unfinishedBytesMax = budget
        } _: { app in
            app.websocket("/chat") { $0.jsonPingInterval = nil }
        }
        var clients: [Client] = []
        for bytes in [100_000, 700_000] {
            let client = try await stage.client()
            client.socket.peer.send(
                [0x82, 0xFF, 0, 0, 0, 0, 0, 0x0F, 0, 0, 0, 0, 0, 0]
                    + [UInt8](repeating: 0x61, count: bytes))
            await stage.host.settle()
            clients.append(client)
        }
        var closes = 0
        for client in clients {
            for message in await client.socket.all() {
                #expect(message == .close(.tryAgainLater, "too much in unfinished messages"))
                closes += 1
            }
        }
        return (stage.app.core?.loops[0].unfinishedBytes ?? -1, closes)
    }
}
