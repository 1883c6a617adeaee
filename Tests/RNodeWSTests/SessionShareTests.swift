import RNodeBytes
import Testing

@testable import RNodeWS

@Suite("What the sessions of a route share")
struct SessionShareTests {
    @Test(
        "Memory of up to 64 KiB is kept for the next message, and comes empty",
        arguments: [65_535, 65_536, 65_537, 655_360])
    func keeps(capacity: Int) {
        let share = SessionShare()
        var used = ByteBuffer(capacity: capacity)
        used.append(7)
        share.giveBack(used)
        let next = share.takePayload(forBytes: 1, isWhole: true)
        let (found, count) = (next.capacity, next.count)
        #expect(found == (capacity <= SessionShare.spareBytesMax ? capacity : 0))
        #expect(count == 0)
        // Whoever comes next has none.
        let further = share.takePayload(forBytes: 1, isWhole: true).capacity
        #expect(further == 0)
    }

    @Test(
        "A message that goes on later is lent 1 KiB, or twice what is here of it",
        arguments: [
            (capacity: 1_024, count: 0, isLent: true), (1_025, 0, false), (1_025, 512, false),
            (4_096, 2_047, false), (4_096, 2_048, true), (10_240, 512, false),
        ])
    func lends(capacity: Int, count: Int, isLent: Bool) {
        let share = SessionShare()
        share.giveBack(ByteBuffer(capacity: capacity))
        let unfinished = share.takePayload(forBytes: count, isWhole: false).capacity
        #expect(unfinished == (isLent ? capacity : 0))
        let whole = share.takePayload(forBytes: count, isWhole: true).capacity
        #expect(whole == (isLent ? 0 : capacity))
    }

    @Test("B4 who begins messages and waits holds little, whatever memory others have given back")
    func waits() {
        let share = SessionShare()
        for _ in 0..<100 {
            share.giveBack(ByteBuffer(capacity: SessionShare.spareBytesMax))
            var session = WebSocketSession(role: .server, share: share, now: .zero)
            _ = session.receive(WireFrame(opcode: 2, payload: [1, 2], fin: false).bytes)
            #expect(session.unfinishedByteCount <= 1_024)
        }
    }

    @Test("A message in pieces is put together in memory that another session gave back")
    func reuses() {
        let share = SessionShare()
        for index in 0..<3 {
            var session = WebSocketSession(role: .server, share: share, now: .zero)
            let payload = [UInt8](repeating: UInt8(index), count: 600)
            var first = WireFrame(opcode: 2, payload: payload, fin: false).bytes
            var last = WireFrame(opcode: 0, payload: payload).bytes
            var offset = 0
            var span = first.mutableSpan
            #expect(session.next(&span, from: &offset, now: .zero) == .needMore)
            let before = session.unfinishedByteCount
            offset = 0
            span = last.mutableSpan
            #expect(session.next(&span, from: &offset, now: .zero) == .message(.binary, .assembled))
            let message = session.takePayload()
            let (content, capacity) = (message.copied(), message.capacity)
            #expect(content == payload + payload)
            #expect(session.unfinishedByteCount == 0)
            // The second takes what the first grew to; nothing has to grow any more.
            if index > 0 { #expect(before == capacity) }
            share.giveBack(message)
        }
    }
}

@Suite("Memory to spare")
struct SpareBuffersTests {
    @Test("At most 64 are kept, and 512 KiB: the oldest go first")
    func bounds() {
        let spares = SpareBuffers()
        for index in 1...65 { spares.put(ByteBuffer(capacity: 1_000 + index)) }
        #expect(spares.count == 64)
        let oldest = spares.takeLargest { $0 == 1_001 } == nil
        #expect(oldest, "it is gone")
        for _ in 0..<8 { spares.put(ByteBuffer(capacity: SpareBuffers.bytesMax)) }
        #expect(spares.count == 8)
        #expect(spares.byteCount == SpareBuffers.totalBytesMax)
        spares.put(ByteBuffer(capacity: SpareBuffers.bytesMax + 1))
        spares.put(ByteBuffer())
        #expect(spares.count == 8, "too long, and without memory")
    }

    @Test("Whatever is put and taken, the number and the memory of all are what is there")
    func steps() {
        let spares = SpareBuffers()
        var random = Seeded(state: 7)
        for step in 0..<5_000 {
            let capacity = 1 + Int(random.next() % UInt64(SpareBuffers.bytesMax))
            if random.next() % 3 > 0 {
                spares.put(ByteBuffer(capacity: step % 2 == 0 ? capacity : capacity / 64))
            } else {
                _ = spares.takeLargest { $0 <= capacity }
            }
            #expect(spares.count <= 64 && spares.byteCount <= SpareBuffers.totalBytesMax)
        }
        var (count, bytes) = (spares.count, spares.byteCount)
        while let taken = spares.takeLargest(where: { _ in true }) {
            count -= 1
            bytes -= taken.capacity
        }
        #expect(count == 0 && bytes == 0 && spares.count == 0 && spares.byteCount == 0)
    }

    @Test("The largest that is wanted is taken, once")
    func takes() {
        let spares = SpareBuffers()
        for capacity in [100, 400, 300, 200] {
            var used = ByteBuffer(capacity: capacity)
            used.append(1)
            spares.put(used)
        }
        for expected in [300, 200, 100] {
            var taken = spares.takeLargest { $0 <= 300 } ?? ByteBuffer(capacity: 1)
            let (capacity, count) = (taken.capacity, taken.count)
            #expect(capacity == expected)
            #expect(count == 0)
            taken.removeAll()
        }
        let none = spares.takeLargest { $0 <= 300 } == nil
        #expect(none)
        #expect(spares.byteCount == 400)
    }

    @Test(
        "Room for a message: spare memory that fits it, and is no more than the message or half of it",
        arguments: [
            (capacity: 999, most: 4_000, isLent: false), (1_000, 4_000, true), (2_000, 4_000, true),
            (2_001, 10_000, false), (1_200, 1_200, true), (1_200, 2_000, false),
        ])
    func room(capacity: Int, most: Int, isLent: Bool) {
        let share = SessionShare()
        var bytes = ByteBuffer(copying: [UInt8](repeating: 7, count: 400).span)
        share.giveBack(ByteBuffer(capacity: capacity))
        share.makeRoom(for: 600, in: &bytes, within: most)
        let (found, content) = (bytes.capacity, bytes.copied())
        #expect(content == [UInt8](repeating: 7, count: 400))
        #expect(found >= 1_000)
        let isSpareLeft =
            share.takePayload(forBytes: 0, isWhole: true).capacity == capacity
        #expect(isSpareLeft == !isLent)
        // What it was in before is kept for others.
        if isLent { #expect(found == capacity) }
    }
}
