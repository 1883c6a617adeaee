/// Output buffers that nobody uses right now, so that a loop which serves up to 64 connections a turn allocates none, and
/// an idle connection holds none.
///
/// Keeps at most 64 buffers of at most 64 KiB each.
struct BufferPool: ~Copyable {
    private static var bufferBytesMax: Int { 65_536 }
    private static var firstCapacity: Int { 4_096 }

    private var buffers = InlineArray<64, ByteBuffer?> { _ in nil }
    private var count = 0

    /// An empty buffer with memory.
    mutating func take() -> ByteBuffer {
        guard count > 0 else { return ByteBuffer(capacity: Self.firstCapacity) }
        count &-= 1
        return buffers[count].take() ?? ByteBuffer(capacity: Self.firstCapacity)
    }

    /// Takes back a buffer whose bytes nobody needs; frees it when there are enough.
    mutating func give(_ buffer: consuming ByteBuffer) {
        guard count < 64, buffer.capacity > 0, buffer.capacity <= Self.bufferBytesMax else {
            return
        }
        buffer.removeAll()
        buffers[count] = consume buffer
        count &+= 1
    }
}
