/// Output buffers that nobody uses right now, so that a loop which serves up to `most` connections a turn allocates none, and
/// an idle connection holds none.
///
/// Keeps at most `most` buffers of at most 64 KiB each.
struct BufferPool<let most: Int>: ~Copyable {
    private static var bufferBytesMax: Int { 65_536 }

    private var buffers = InlineArray<most, ByteBuffer?> { _ in nil }
    private var count = 0
    private let firstCapacity: Int

    /// A new buffer has room for `firstCapacity` bytes.
    init(firstCapacity: Int) {
        self.firstCapacity = firstCapacity
    }

    /// An empty buffer with memory.
    mutating func take() -> ByteBuffer {
        guard count > 0 else { return ByteBuffer(capacity: firstCapacity) }
        count &-= 1
        return buffers[count].take() ?? ByteBuffer(capacity: firstCapacity)
    }

    /// Takes back a buffer whose bytes nobody needs; frees it when there are enough.
    mutating func give(_ buffer: consuming ByteBuffer) {
        guard count < most, buffer.capacity > 0, buffer.capacity <= Self.bufferBytesMax else {
            return
        }
        buffer.removeAll()
        buffers[count] = consume buffer
        count &+= 1
    }
}
