import Glibc
import RNodeTesting
import Testing

@testable import RNodeIO

/// `IOUring` over a ring whose completions come as a test wants: late, in another order, twice, or cut short.
@Suite("io_uring, without a kernel") struct RingTests {
    /// A loop over a scripted ring, and its clients.
    final class Stage {
        let kernel = ScriptedBackend()
        let ring: ScriptedRing
        let backend: IOUring
        let loop: EventLoop
        let listener: InMemoryListener
        let handler = EchoHandler()
        var random: SplitMix

        init(seed: UInt64 = 1, buffers: Int = 64, bufferBytes: Int = 4_096) throws {
            ring = ScriptedRing(kernel, bufferCount: buffers, bufferBytes: bufferBytes)
            backend = IOUring(ring: ring)
            loop = try EventLoop(backend: backend)
            listener = InMemoryListener(descriptors: kernel.descriptors)
            random = SplitMix(state: seed)
            loop.setHandler(handler)
            try loop.listen(on: listener)
        }

        func settle() {
            var quiet = 0
            var turns = 0
            while quiet < 4 {
                guard turns < 200_000 else {
                    Issue.record("it never comes to rest")
                    return
                }
                let isBusy = loop.hasWork || ring.isReady || backend.hasWork
                quiet = isBusy ? 0 : quiet + 1
                turns += 1
                loop.turn(waits: false)
            }
        }

        func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

        /// Completions come late and in another order; those of one operation keep theirs.
        func disorder() {
            ring.script = { [unowned self] done in
                let all = ring.held + done
                var late: Set<UInt64> = []
                for operation in Set(all.map(\.operation)).sorted() where chance(30) {
                    late.insert(operation)
                }
                ring.held = all.filter { late.contains($0.operation) }
                let given = Dictionary(
                    grouping: all.filter { !late.contains($0.operation) }, by: \.operation)
                done = given.keys.sorted().shuffled(using: &random).flatMap { given[$0] ?? [] }
            }
        }

        /// From here on, what was kept for later comes first.
        func giveHeld() {
            ring.script = { [unowned ring] done in
                done = ring.held + done
                ring.held = []
            }
        }

        /// Ends all, and expects that nothing is left of anybody.
        func expectNothingLeft() {
            giveHeld()
            ring.endsReceiving = nil
            settle()
            #expect(loop.openConnections().isEmpty)
            #expect(backend.heldBufferCount == 0)
            // The listener's is left.
            #expect(backend.streamCount == 1)
            loop.end()
            #expect(backend.streamCount == 0)
            #expect(ring.operationCount == 0)
            #expect(kernel.watchedCount == 0)
            #expect(kernel.closedWhileWatchedCount == 0)
            #expect(kernel.descriptors.openCount == 0)
        }
    }

    static let shapes = [
        StreamShape(), .byteByByte, StreamShape(windowBytes: 1),
        StreamShape(receiveMaxBytes: 7, sendMaxBytes: 5, windowBytes: 11, wouldBlockEvery: 4),
    ]

    /// Sends some bytes of each client, takes what came back, and compares in the end.
    private func echo(_ stage: Stage, clients count: Int, bytes: Int, shape: StreamShape) {
        var peers = (0..<count).map { _ in stage.listener.connect(shape: shape) }
        var sent = Array(repeating: [UInt8](), count: count)
        var got = sent
        var left = count * bytes
        for _ in 0..<200_000 where left > 0 {
            let place = Int(stage.random.next() % UInt64(count))
            if sent[place].count < bytes {
                let length = min(Int(stage.random.next() % 300), bytes - sent[place].count)
                let piece = (0..<length).map { _ in UInt8(truncatingIfNeeded: stage.random.next()) }
                peers[place].send(piece)
                sent[place] += piece
            }
            stage.loop.turn(waits: false)
            for place in peers.indices {
                let taken = peers[place].takeBytes()
                got[place] += taken
                left -= taken.count
            }
        }
        #expect(got == sent)
        for (place, peer) in peers.enumerated() where place % 2 == 0 { peer.finish() }
        for (place, peer) in peers.enumerated() where place % 2 == 1 { peer.reset() }
        stage.settle()
        #expect(stage.handler.accepted == count)
        #expect(stage.handler.closed == count)
        for peer in peers { _ = peer.takeBytes() }
        peers = []
    }

    @Test("Every byte comes back, in order, however little a stream takes", arguments: shapes)
    func echoes(shape: StreamShape) throws {
        let stage = try Stage()
        echo(stage, clients: 5, bytes: 600, shape: shape)
        #expect(stage.backend.strayCount == 0)
        stage.expectNothingLeft()
    }

    @Test(
        "C8 few buffers, receiving that ends by itself, late completions in any order: no byte is lost, none comes twice",
        arguments: 1...32 as ClosedRange<UInt64>)
    func disordered(seed: UInt64) throws {
        let stage = try Stage(seed: seed, buffers: 4, bufferBytes: 64)
        stage.disorder()
        stage.ring.endsReceiving = { [unowned stage] in stage.chance(20) }
        echo(stage, clients: 4, bytes: 400, shape: Self.shapes[Int(seed) % Self.shapes.count])
        #expect(stage.backend.strayCount == 0)
        stage.expectNothingLeft()
    }

    @Test(
        "C8 a completion that comes twice, or for nothing, is counted and changes nothing",
        arguments: 1...10 as ClosedRange<UInt64>)
    func doubled(seed: UInt64) throws {
        let stage = try Stage(seed: seed)
        stage.ring.script = { [unowned stage] done in
            var all: [RingCompletion] = []
            for completion in done {
                all.append(completion)
                if completion.operation >> 56 < 3, stage.chance(30) { all.append(completion) }
                if stage.chance(10) {
                    all.append(
                        RingCompletion(
                            operation: stage.random.next(),
                            result: Int32(truncatingIfNeeded: stage.random.next() | 1 << 31),
                            continues: stage.chance(50),
                            buffer: UInt16(truncatingIfNeeded: stage.random.next() | 64)))
                }
            }
            done = all
        }
        echo(stage, clients: 4, bytes: 600, shape: StreamShape())
        #expect(stage.backend.strayCount > 0)
        stage.expectNothingLeft()
    }

    @Test(
        "C7 a connection that is cut while the kernel sends for it keeps its bytes until the last completion"
    )
    func cutWhileSending() throws {
        for isReset in [true, false] {
            let stage = try Stage()
            let peer = stage.listener.connect(shape: StreamShape(windowBytes: 10))
            peer.send(Array(repeating: 7, count: 5_000))
            stage.settle()
            #expect(stage.ring.sendingCount == 1)
            // Whatever completes from here on comes late.
            stage.ring.script = { [unowned stage] done in
                stage.ring.held += done
                done = []
            }
            for id in stage.loop.openConnections() {
                _ = stage.loop.withConnection(id) { isReset ? $0.abort() : $0.close() }
            }
            for _ in 0..<50 { stage.loop.turn(waits: false) }
            if isReset {
                #expect(stage.loop.openConnections().isEmpty)
                #expect(stage.backend.streamCount == 2, "the stream waits for its completions")
                #expect(stage.ring.lastBytes == 7)
            }
            stage.giveHeld()
            for _ in 0..<600 {
                stage.loop.turn(waits: false)
                _ = peer.takeBytes()
            }
            peer.finish()
            stage.settle()
            stage.kernel.clock.advance(by: .seconds(10))
            stage.expectNothingLeft()
        }
    }

    @Test(
        "C7 an end in the midst of everything leaves the kernel nothing, and bytes it does not let go of are not freed"
    )
    func endsWhileSending() throws {
        let stage = try Stage()
        let peers = (0..<5).map { _ in stage.listener.connect(shape: StreamShape(windowBytes: 3)) }
        for peer in peers { peer.send(Array(repeating: 7, count: 900)) }
        stage.settle()
        #expect(stage.ring.sendingCount == 5)
        // A kernel that tells nothing any more.
        stage.ring.script = { done in done = [] }
        stage.loop.end()
        #expect(stage.backend.streamCount == 0)
        #expect(stage.ring.lastBytes == 7)
    }

    @Test(
        "What was answered right before the end of a loop arrives, and then the end of the stream")
    func answersBeforeTheEnd() throws {
        for window in [1_000, 5] {
            let stage = try Stage()
            let peer = stage.listener.connect(shape: StreamShape(windowBytes: window))
            stage.settle()
            let id = try #require(stage.loop.openConnections().first)
            stage.loop.post { loop in
                _ = loop.withConnection(id) { connection in
                    connection.output.append("answered")
                    connection.close()
                }
            }
            // It is answered in this turn, and no wait follows that would send it.
            stage.loop.turn(waits: false)
            #expect(stage.handler.closed == 1)
            stage.loop.end()
            #expect(peer.takeText() == String("answered".prefix(window)))
            #expect(peer.isFinished)
            #expect(!peer.isReset)
            #expect(stage.kernel.descriptors.openCount == 0)
        }
    }

    @Test("C7 a ring that nobody holds any more ends what is under way first")
    func dropped() throws {
        let kernel = ScriptedBackend()
        let ring = ScriptedRing(kernel)
        let (here, there) = InMemoryTransport.pair(
            descriptors: kernel.descriptors, shape: StreamShape(windowBytes: 3))
        var backend: IOUring? = IOUring(ring: ring)
        var stream = backend?.adopt(here)
        try backend?.add(here.descriptor, interest: .readable, token: 1)
        _ = stream?.send(Array(repeating: 7, count: 100).span)
        var events: [BackendEvent] = []
        for _ in 0..<3 { _ = backend?.wait(until: .init(nanoseconds: .min), into: &events) }
        #expect(ring.sendingCount == 1)
        #expect(ring.operationCount == 2)
        stream = nil
        backend = nil
        #expect(ring.operationCount == 0)
        #expect(ring.lastBytes == 7)
        #expect(here.isClosed)
        there.close(abort: false)
        #expect(kernel.descriptors.openCount == 0)
    }

    @Test("C8 where receiving fails as a kernel's that can't, calls of the system take its place")
    func fallsBack() throws {
        let stage = try Stage()
        stage.ring.script = { done in
            for place in done.indices where done[place].operation >> 56 == 1 {
                guard done[place].buffer == nil else { continue }
                done[place].result = 0 - EINVAL
            }
        }
        let peer = stage.listener.connect()
        stage.settle()
        peer.send("first")
        // Cancelled by the script's pause, and refused when it is to begin again.
        stage.settle()
        #expect(peer.takeText() == "first")
        stage.ring.endsReceiving = { true }
        peer.send("second")
        stage.settle()
        peer.send("third")
        stage.settle()
        #expect(peer.takeText() == "secondthird")
        peer.finish()
        stage.expectNothingLeft()
    }

    @Test("A ring without room is asked again, and everything is done in the end")
    func withoutRoom() throws {
        let stage = try Stage()
        let peer = stage.listener.connect()
        stage.settle()
        stage.ring.hasRoom = false
        peer.send("late")
        for _ in 0..<20 { stage.loop.turn(waits: false) }
        #expect(peer.takeText() == "")
        stage.ring.hasRoom = true
        stage.settle()
        #expect(peer.takeText() == "late")
        peer.finish()
        stage.expectNothingLeft()
    }

    @Test("C8 what there was no room to cancel is cancelled as soon as there is")
    func cancelledLate() throws {
        let kernel = ScriptedBackend()
        let ring = ScriptedRing(kernel)
        let backend = IOUring(ring: ring)
        let (here, there) = InMemoryTransport.pair(descriptors: kernel.descriptors)
        try backend.add(here.descriptor, interest: .readable, token: 1)
        var events: [BackendEvent] = []
        _ = backend.wait(until: .init(nanoseconds: .min), into: &events)
        #expect(ring.operationCount == 1)
        ring.hasRoom = false
        backend.remove(here.descriptor)
        #expect(ring.operationCount == 1)
        #expect(backend.hasWork)
        ring.hasRoom = true
        _ = backend.wait(until: .init(nanoseconds: .min), into: &events)
        #expect(ring.operationCount == 0)
        #expect(!backend.hasWork)
        #expect(backend.streamCount == 0)
        here.close(abort: false)
        there.close(abort: false)
        #expect(kernel.closedWhileWatchedCount == 0)
    }

    @Test("Untaken is what waits, what is sent, and what the peer has not read")
    func untaken() throws {
        let stage = try Stage()
        let (stream, peer) = InMemoryTransport.connected(
            descriptors: stage.kernel.descriptors, shape: StreamShape(windowBytes: 10))
        let transport = stage.backend.adopt(stream)
        #expect(transport.untakenCount == 0)
        let bytes = [UInt8](repeating: 7, count: 100)
        #expect(transport.send(bytes.span) == .bytes(100))
        #expect(transport.untakenCount == 100)
        stage.settle()
        #expect(transport.untakenCount == 100)
        #expect(peer.takeBytes().count == 10)
        #expect(transport.untakenCount == 90)
        stage.settle()
        #expect(transport.untakenCount == 90)
        transport.close(abort: true)
        stage.settle()
        #expect(transport.untakenCount == nil)
        stage.expectNothingLeft()
    }

    @Test("A buffer goes with its memory and leaves other; behind what waits it is copied")
    func given() throws {
        let stage = try Stage()
        let (stream, peer) = InMemoryTransport.connected(
            descriptors: stage.kernel.descriptors, shape: StreamShape())
        let transport = stage.backend.adopt(stream)
        let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var buffer = ByteBuffer(capacity: 9_000)
        buffer.append(bytes.span)
        let whole = transport.send(from: &buffer)
        #expect(whole == .bytes(5_000))
        var (count, capacity) = (buffer.count, buffer.capacity)
        #expect(count == 0)
        #expect(capacity > 0 && capacity < 9_000, "other memory")
        buffer.append(bytes.span)
        let before = buffer.capacity
        let copied = transport.send(from: &buffer)
        #expect(copied == .bytes(5_000))
        (count, capacity) = (buffer.count, buffer.capacity)
        #expect(count == 0)
        #expect(capacity == before, "its own memory")
        // More than may wait is taken in part, and the rest stays.
        let many = [UInt8](repeating: 9, count: 90_000)
        buffer.append(many.span)
        let part = transport.send(from: &buffer)
        #expect(part == .bytes(71_920))
        count = buffer.count
        #expect(count == 90_000 - 71_920)
        let none = transport.send(from: &buffer)
        #expect(none == .wouldBlock)
        stage.settle()
        #expect(peer.takeBytes() == bytes + bytes + many.prefix(71_920))
        transport.close(abort: true)
        stage.settle()
        stage.expectNothingLeft()
    }

    @Test("Who is not read receives no more than was on its way, and gets all of it later")
    func paused() throws {
        let stage = try Stage(buffers: 4, bufferBytes: 64)
        stage.handler.pauses = true
        let peer = stage.listener.connect()
        let sent = (0..<2_000).map { UInt8(truncatingIfNeeded: $0) }
        for piece in 0..<20 {
            peer.send(Array(sent[(piece * 100)..<((piece + 1) * 100)]))
            stage.settle()
        }
        #expect(peer.unreadByServerCount > 1_000)
        #expect(stage.backend.heldBufferCount == 0, "others need the buffers")
        stage.handler.pauses = false
        for id in stage.loop.openConnections() {
            _ = stage.loop.withConnection(id) { $0.resumeReading() }
        }
        stage.settle()
        #expect(peer.takeBytes() == sent)
        peer.finish()
        stage.expectNothingLeft()
    }
}
