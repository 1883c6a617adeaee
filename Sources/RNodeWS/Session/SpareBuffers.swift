/// Memory of messages that have been dealt with, for those that come in pieces.
///
/// Keeps at most 16 buffers of up to 64 KiB each and 256 KiB together; beyond that the oldest go.
struct SpareBuffers: ~Copyable {
    static let bytesMax = 65_536
    static let totalBytesMax = 262_144
    static var countMax: Int { 16 }

    /// The first `count` hold memory, roughly the oldest first; the others none.
    private var buffers = InlineArray<16, ByteBuffer> { _ in ByteBuffer() }
    private(set) var count = 0
    private(set) var byteCount = 0

    /// Keeps the memory of a buffer, whose bytes nobody needs any more.
    mutating func put(_ used: consuming ByteBuffer) {
        let capacity = used.capacity
        guard capacity > 0, capacity <= Self.bytesMax else { return }
        while count == Self.countMax || byteCount > Self.totalBytesMax &- capacity { _ = take(0) }
        used.removeAll()
        swap(&buffers[count], &used)
        count &+= 1
        byteCount &+= capacity
    }

    /// The largest one whose capacity is wanted, empty; nil for none.
    mutating func takeLargest(where isWanted: (Int) -> Bool) -> ByteBuffer? {
        var best: Int?
        for place in 0..<count where isWanted(buffers[place].capacity) {
            if let best, buffers[best].capacity >= buffers[place].capacity { continue }
            best = place
        }
        return best.map { take($0) }
    }

    /// Takes one out; those behind it move up.
    private mutating func take(_ place: Int) -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffers[place])
        byteCount &-= taken.capacity
        count &-= 1
        for next in place..<count { buffers.swapAt(next, next &+ 1) }
        return taken
    }
}
