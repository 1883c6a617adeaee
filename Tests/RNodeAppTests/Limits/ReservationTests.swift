import RNodeIO
import RNodeTesting
import RNodeWS
import RoomHistories
import Testing

@testable import RNodeApp

/// One course of events for six clients, once for each reservation of each budget, which is the one that fails.
@Suite("C14 each reservation of memory in turn is the one that there is no room for")
struct ReservationTests {
    // MARK: - Connections

    @Test func `C14 connectionsMax: for each place the connection that finds none is answered 503`()
        async throws
    {
        for places in 1...Course.clientCount {
            var course = try await Course(connectionsMax: places)
            try await course.open()
            #expect(course.clients.count == places)
            #expect(course.refusals == Array(repeating: 503, count: Course.clientCount - places))
            try await course.play()
            #expect(course.lost == 0)
            try await course.expectNothingIsLeft()
        }
    }

    // MARK: - zlib

    @Test
    func `C14 deflateContextBytesMax: for each context the client that finds none goes without`()
        async throws
    {
        let each =
            Deflater.byteCount(windowBits: 12, memoryLevel: 5) + Inflater.byteCount(windowBits: 12)
        for contexts in 0...Course.clientCount {
            for bytes in [contexts * each, contexts * each + each - 1] where bytes > 0 {
                var course = try await Course { $0.deflateContextBytesMax = bytes }
                try await course.open()
                let agreed = course.clients.map { $0.compression != nil }
                #expect(agreed.prefix(contexts).allSatisfy { $0 })
                #expect(agreed.dropFirst(contexts).allSatisfy { !$0 })
                #expect(course.reservedBytes == min(contexts, agreed.count) * each)
                try await course.play()
                #expect(course.refusals.isEmpty && course.lost == 0)
                try await course.expectNothingIsLeft()
            }
        }
    }

    @Test
    func
        `C14 deflateContextBytesMax: for each message in pieces the one that finds no inflater waits`()
        async throws
    {
        let each = Inflater.byteCount(windowBits: 15)
        for lent in 0...Course.clientCount {
            var course = try await Course(keepsContexts: false) {
                $0.deflateContextBytesMax = lent * each + each - 1
            }
            try await course.open()
            let most = try await course.sendInPieces()
            #expect(most == lent * each)
            #expect(course.lost == 0)
            try await course.expectNothingIsLeft()
        }
    }

    @Test(arguments: [true, false])
    func `C14 zlib's memory: the client that finds none goes without, or is closed with 1013`(
        keepsContexts: Bool
    ) async throws {
        var (declined, closed) = (0, 0)
        for ordinal in 1... {
            let memory = ZlibMemory(failing: .only(ordinal))
            do {
                var course = try await Course(keepsContexts: keepsContexts) {
                    $0.zlibMemory = memory
                }
                try await course.open()
                declined += course.clients.count { $0.compression == nil }
                if keepsContexts {
                    try await course.play()
                } else {
                    _ = try await course.sendInPieces()
                }
                closed += course.lost
                #expect(course.refusals.isEmpty && course.resets == 0)
                #expect(course.lost <= 1)
                #expect(course.closes == Array(repeating: .tryAgainLater, count: course.lost))
                try await course.expectNothingIsLeft()
            }
            #expect(memory.liveCount == 0, "allocation \(ordinal): the loop's end gives all back")
            guard memory.refusalCount > 0 else { break }
        }
        #expect((declined > 0) == keepsContexts && closed > 0, "\(declined) \(closed)")
    }

    // MARK: - Unfinished messages

    @Test
    func `C14 unfinishedBytesMax: whichever read goes beyond it, the largest is closed with 1013`()
        async throws
    {
        let sums = try await Self.freeSums(\.unfinishedSums)
        for sum in sums.below {
            var course = try await Course { $0.memory.unfinishedBytesMax = sum - 1 }
            try await course.open()
            try await course.play()
            let most = Self.most(sum - 1)
            #expect(course.unfinishedSums.allSatisfy { $0 < most }, "\(sum)")
            #expect(course.lost > 0 || sums.highest < most, "\(sum)")
            #expect(course.closes == Array(repeating: .tryAgainLater, count: course.lost))
            try await course.expectNothingIsLeft()
            #expect(course.budgetErrors == course.lost)
        }
    }

    // MARK: - Output

    @Test func `C14 outboundBytesMax: whichever message goes beyond it, the slowest are cut`()
        async throws
    {
        let sums = try await Self.freeSums(\.unsentSums)
        for sum in sums.below {
            var course = try await Course { $0.memory.outboundBytesMax = sum - 1 }
            try await course.open()
            try await course.play()
            let most = Self.most(sum - 1)
            #expect(course.unsentSums.allSatisfy { $0 < most }, "\(sum)")
            #expect(course.lost > 0 || sums.highest < most, "\(sum)")
            #expect(course.closes.isEmpty && course.resets == course.lost)
            try await course.expectNothingIsLeft()
            #expect(course.budgetErrors == course.lost)
        }
    }

    /// The sums that come up where there is room for all, as far as there may be a budget that each goes beyond.
    private static func freeSums(
        _ sums: KeyPath<Course, [Int]>
    ) async throws -> (below: [Int], highest: Int) {
        var free = try await Course()
        try await free.open()
        try await free.play()
        #expect(free.lost == 0)
        let below = Set(free[keyPath: sums]).filter { $0 > 65_536 }.sorted()
        #expect(below.count >= 8)
        return (below, below.last ?? 0)
    }

    /// Below which a sum stays: the sums of all are looked at when a loop's own has grown by a step.
    private static func most(_ budget: Int) -> Int { budget + min(budget / 16, 65_536) }
}

/// Clients that open, send a message in fragments, have it echoed, send a compressed one, and speak in a room; none reads
/// before the end.
private struct Course {
    static let clientCount = 6
    private static let fragmentBytes = 16_000
    private static let payload = noise(fragmentBytes)

    private let stage: Stage
    private let room: String
    private let compression: DeflateOptions
    private(set) var clients: [TestWebSocket] = []
    /// The statuses of answers that opened nothing.
    private(set) var refusals: [Int] = []
    private(set) var closes: [CloseCode] = []
    private(set) var resets = 0
    private(set) var unfinishedSums: [Int] = []
    private(set) var unsentSums: [Int] = []

    /// How many clients were closed or cut.
    var lost: Int { closes.count + resets }
    var reservedBytes: Int { stage.app.core?.deflateBudget.reservedBytes ?? -1 }
    private var unfinishedBytes: Int { stage.app.core?.loops[0].unfinishedBytes ?? -1 }
    private(set) var budgetErrors = 0

    init(
        keepsContexts: Bool = true, connectionsMax: Int? = nil,
        _ adjust: (inout AppConfiguration) -> Void = { _ in }
    ) async throws {
        var options = DeflateOptions()
        options.serverKeepsContext = keepsContexts
        options.clientKeepsContext = keepsContexts
        var io = IOLimits()
        io.connectionsMax = connectionsMax
        stage = try await Stage.make(io: io) {
            $0.metrics = true
            adjust(&$0)
        } _: { app in
            app.websocket(raw: "/raw") { route in
                route.compression = options
                route.onMessage { bytes, kind, context in
                    guard kind == .text else {
                        context.send(bytes, kind)
                        return
                    }
                    let text = String(decoding: bytes.copied(), as: UTF8.self)
                    let parts = text.split(separator: " ", maxSplits: 2).map { String($0) }
                    if parts[0] == "join" { context.join(parts[1]) }
                    if parts[0] == "say" { context.publish(bytes, to: parts[1]) }
                }
            }
        }
        compression = options
        room = try await stage.room()
    }

    mutating func open() async throws {
        let shape = StreamShape(receiveMaxBytes: 8_000, windowBytes: 2_000)
        for _ in 0..<Self.clientCount {
            do {
                let client = try await TestWebSocket.open(
                    stage.host, "/raw", shape: shape, compression: compression)
                clients.append(client)
            } catch let refusal as TestRefusal {
                refusals.append(refusal.response.status)
            }
        }
    }

    mutating func play() async throws {
        for client in clients { client.send("join \(room)") }
        await settle()
        for piece in 0..<3 {
            for client in clients {
                client.peer.send(Self.fragment(piece, of: 3))
                await settle()
            }
        }
        let text = String(repeating: "hello ", count: 1_000)
        for client in clients {
            client.send("say \(room) " + text)
            await settle()
        }
        try await readAll(messages: 1 + clients.count)
    }

    /// Each sends a compressed message that takes many reads; returns the most that was reserved meanwhile.
    mutating func sendInPieces() async throws -> Int {
        for client in clients { client.send(Self.noise(30_000).map { $0 % 64 }) }
        var most = 0
        while clients.contains(where: { $0.peer.unreadByServerCount > 0 }) {
            stage.host.turn()
            most = max(most, reservedBytes)
        }
        try await readAll(messages: 1)
        return most
    }

    private static func fragment(_ piece: Int, of count: Int) -> [UInt8] {
        let first: UInt8 = (piece == 0 ? 0x02 : 0) | (piece == count - 1 ? 0x80 : 0)
        let length = [UInt8(fragmentBytes >> 8), UInt8(fragmentBytes & 0xFF)]
        return [first, 0xFE] + length + [0, 0, 0, 0] + payload
    }

    /// What nothing makes shorter.
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix(seed: 7)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Notes the sums at the end of each turn.
    private mutating func settle() async {
        repeat {
            stage.host.turn()
            unfinishedSums.append(unfinishedBytes)
            unsentSums.append(stage.host.loops[0].unsentBytes)
        } while stage.host.backends[0].isReady
        await stage.host.settle()
    }

    /// Everybody reads: who is still there got everything, `messages` of them.
    private mutating func readAll(messages: Int) async throws {
        var got = [Int](repeating: 0, count: clients.count)
        var isOver = false
        while !isOver {
            isOver = stage.host.loops[0].unsentBytes == 0
            for (place, client) in clients.enumerated() {
                for message in await client.all() {
                    if case .close(let code?, _) = message {
                        closes.append(code)
                        got[place] = .max
                    } else if got[place] < .max {
                        got[place] += 1
                    }
                }
            }
        }
        let gone = clients.enumerated().filter { $0.element.peer.isReset && got[$0.offset] < .max }
        resets += gone.count
        let isWhole = lost > 0 ? { $0 <= messages } : { $0 == messages }
        for (place, client) in clients.enumerated() where got[place] < .max {
            #expect(client.peer.isReset || isWhole(got[place]), "\(got)")
        }
    }

    /// All leave: every sum is 0 again, and a new client is served.
    mutating func expectNothingIsLeft() async throws {
        for client in clients { client.close() }
        await stage.host.settle()
        for client in clients { client.peer.close() }
        await stage.host.advance(by: .seconds(10))
        #expect(stage.host.loops[0].connectionCount == 0)
        #expect(stage.host.loops[0].unsentBytes == 0 && stage.host.loops[0].backlogBytes == 0)
        #expect(unfinishedBytes == 0 && reservedBytes == 0)
        let room = room
        let app = stage.app
        let members = try await stage.host.run { await app.getRoomInfo(room)?.connectionsCount }
        #expect(members == 0)
        let late = try await TestWebSocket.open(stage.host, "/raw", compression: compression)
        late.send([1, 2, 3])
        #expect(try await late.next() == .binary([1, 2, 3]))
        late.peer.close()
        await stage.host.settle()
        budgetErrors =
            try await stage.metric(#"rnode_server_websocket_errors_total{kind="memory_budget"}"#)
            ?? 0
    }
}
