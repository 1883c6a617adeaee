/// Memory of messages that have been dealt with, for those that come in pieces.
///
/// Keeps at most 16 buffers of up to 64 KiB each and 256 KiB together; beyond that they go, one place after the other.
final class SpareBuffers {
    static let bytesMax = 65_536
    static let totalBytesMax = 262_144

    /// A place without memory is free.
    // Unchecked, and so are the next ones: on one thread, and what is asked whether a capacity is wanted only compares.
    @safe @exclusivity(unchecked)
    private var buffers = InlineArray<16, ByteBuffer> { _ in ByteBuffer() }
    /// The place that is given up next.
    @safe @exclusivity(unchecked)
    private var next = 0
    @safe @exclusivity(unchecked)
    private(set) var byteCount = 0

    /// How many are kept.
    var count: Int {
        var count = 0
        for place in 0..<16 where buffers[place].capacity > 0 { count &+= 1 }
        return count
    }

    /// Keeps the memory of a buffer, whose bytes nobody needs any more.
    func put(_ used: consuming ByteBuffer) {
        let capacity = used.capacity
        guard capacity > 0, capacity <= Self.bytesMax else { return }
        while byteCount > Self.totalBytesMax &- capacity { giveUpNext() }
        var free = 0
        // The mask says to the compiler what is so: there are sixteen places.
        while free < 16, buffers[free & 15].capacity > 0 { free &+= 1 }
        if free == 16 { free = giveUpNext() }
        used.removeAll()
        swap(&buffers[free & 15], &used)
        byteCount &+= capacity
    }

    /// The largest one whose capacity is wanted, empty; nil for none.
    func takeLargest(where isWanted: (Int) -> Bool) -> ByteBuffer? {
        var best = 0
        var largest = 0
        for place in 0..<16 {
            let capacity = buffers[place].capacity
            if capacity > largest, isWanted(capacity) { (best, largest) = (place, capacity) }
        }
        return largest > 0 ? take(best) : nil
    }

    private func take(_ place: Int) -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffers[place & 15])
        byteCount &-= taken.capacity
        return taken
    }

    /// Frees a place, and says which.
    @discardableResult
    private func giveUpNext() -> Int {
        let place = next
        _ = take(place)
        next = (next &+ 1) & 15
        return place
    }
}
