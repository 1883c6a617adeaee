import RNodeBytes
import Testing

@testable import RNodeIO

@Suite("Memory for what handlers leave")
struct BacklogPoolTests {
    private func bytes(_ count: Int, _ byte: UInt8 = 7) -> [UInt8] {
        [UInt8](repeating: byte, count: count)
    }

    @Test("What is lent again holds what was left now, and nothing of before")
    func contents() {
        var pool = BacklogPool()
        for (round, count) in [1_000, 1, 512, 900, 3_000, 3_000].enumerated() {
            let wanted = bytes(count, UInt8(round))
            let lent = pool.take(copying: wanted.span)
            let found = lent.borrow { $0.copied() }
            #expect(found == wanted)
            pool.giveBack(lent)
        }
        let count = pool.count
        #expect(count == 1, "one that served all of them")
    }

    @Test("At most sixteen are kept, and none above 64 KiB")
    func bounds() {
        var pool = BacklogPool()
        pool.giveBack(Owned(ByteBuffer(capacity: BacklogPool.bufferBytesMax + 1)))
        let none = pool.count
        #expect(none == 0)
        for _ in 0..<20 { pool.giveBack(Owned(ByteBuffer(capacity: 100))) }
        let most = pool.count
        #expect(most == 16)
    }

    @Test("One that has to grow is kept afterwards", arguments: [1, 20_000, 43_691, 65_535])
    func growth(first: Int) {
        var pool = BacklogPool()
        pool.giveBack(pool.take(copying: bytes(first).span))
        pool.giveBack(pool.take(copying: bytes(BacklogPool.bufferBytesMax).span))
        let count = pool.count
        #expect(count == 1)
    }

    @Test("Few bytes are not lent much memory", arguments: [1, 500, 511, 512, 10_000])
    func modesty(count: Int) {
        var pool = BacklogPool()
        for capacity in [1_024, 20_000, BacklogPool.bufferBytesMax] {
            pool.giveBack(Owned(ByteBuffer(capacity: capacity)))
            let lent = pool.take(copying: bytes(count).span)
            let held = lent.borrow { $0.capacity }
            #expect(held <= max(1_024, 2 * count))
        }
    }
}
