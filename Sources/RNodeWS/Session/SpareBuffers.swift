/// Memory of messages that have been dealt with, for those that come in pieces.
///
/// Keeps at most 64 buffers of up to 64 KiB each and 512 KiB together; beyond that they go, one place after the other. So many
/// are enough for sixteen connections that have a message of 16 KiB each, in three sizes on its way.
final class SpareBuffers {
    static let bytesMax = 65_536
    static let totalBytesMax = 524_288

    // Unchecked, and so are the next ones: on one thread, and what is asked whether a capacity is wanted only compares.
    @safe @exclusivity(unchecked)
    private var buffers = InlineArray<64, ByteBuffer> { _ in ByteBuffer() }
    /// A bit for each place that has memory.
    @safe @exclusivity(unchecked)
    private var held: UInt64 = 0
    /// From which place on one is given up next.
    @safe @exclusivity(unchecked)
    private var next = 0
    /// Their memory in bytes.
    @safe @exclusivity(unchecked)
    private(set) var byteCount = 0

    /// How many are kept.
    var count: Int { held.nonzeroBitCount }

    /// Keeps the memory of a buffer, whose bytes nobody needs any more.
    func put(_ used: consuming ByteBuffer) {
        let capacity = used.capacity
        guard capacity > 0, capacity <= Self.bytesMax else { return }
        while held == .max || byteCount > Self.totalBytesMax &- capacity { giveUpNext() }
        used.removeAll()
        // The masks say to the compiler what is so: there are 64 places.
        let free = (~held).trailingZeroBitCount & 63
        swap(&buffers[free], &used)
        held |= 1 &<< UInt64(truncatingIfNeeded: free)
        byteCount &+= capacity
    }

    /// The largest one whose capacity is wanted, empty; nil for none.
    func takeLargest(where isWanted: (Int) -> Bool) -> ByteBuffer? {
        var best = 0
        var largest = 0
        var rest = held
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            let capacity = buffers[place & 63].capacity
            if capacity > largest, isWanted(capacity) { (best, largest) = (place, capacity) }
        }
        return largest > 0 ? take(best) : nil
    }

    private func take(_ place: Int) -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffers[place & 63])
        held &= ~(1 &<< UInt64(truncatingIfNeeded: place))
        byteCount &-= taken.capacity
        return taken
    }

    private func giveUpNext() {
        let later = held & (.max &<< UInt64(truncatingIfNeeded: next))
        let place = (later != 0 ? later : held).trailingZeroBitCount & 63
        _ = take(place)
        next = (place &+ 1) & 63
    }
}
