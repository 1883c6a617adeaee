/// Output buffers that nobody uses right now, so that a loop which serves up to `most` connections a turn allocates none, and
/// an idle connection holds none.
///
/// Keeps at most `most` buffers of at most 64 KiB each.
struct BufferPool<let most: Int>: ~Copyable {
    private static var bufferBytesMax: Int { 65_536 }

    /// The first `count` hold memory, the others none: a buffer changes places with one of them.
    private var buffers = InlineArray<most, ByteBuffer> { _ in ByteBuffer() }
    private var count = 0
    private let firstCapacity: Int

    /// A new buffer has room for `firstCapacity` bytes.
    init(firstCapacity: Int) {
        self.firstCapacity = firstCapacity
    }

    /// Gives a buffer without memory some.
    @inline(__always)
    mutating func fill(_ buffer: inout ByteBuffer) {
        guard count > 0 else { return Self.fillAnew(&buffer, firstCapacity) }
        count &-= 1
        swap(&buffers[count], &buffer)
    }

    @inline(never)
    private static func fillAnew(_ buffer: inout ByteBuffer, _ capacity: Int) {
        buffer.reserve(capacity)
    }

    /// Takes the memory of a buffer whose bytes nobody needs; frees it when there is enough.
    @inline(__always)
    mutating func drain(_ buffer: inout ByteBuffer) {
        guard count < most, buffer.capacity <= Self.bufferBytesMax else {
            return buffer.removeAll(keepingCapacity: false)
        }
        buffer.removeAll()
        swap(&buffers[count], &buffer)
        count &+= 1
    }
}
