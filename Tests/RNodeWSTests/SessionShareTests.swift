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
