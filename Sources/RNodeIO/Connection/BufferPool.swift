/// Output buffers that nobody uses right now, so that a loop which serves up to `most` connections a turn allocates none, and
/// an idle connection holds none.
///
/// Keeps at most `most` buffers of at most 64 KiB each, and seventeen of at most 256 KiB.
struct BufferPool<let most: Int>: ~Copyable {
    private static var bufferBytesMax: Int { 65_536 }
    /// More than the others', so that answers up to the soft mark and a message beyond it find their memory again.
    private static var bigBytesMax: Int { 262_144 }
    private static var bigCountMax: Int { 16 }

    /// The one that is lent next, for most turns lend one at a time; without memory while it is lent.
    private var spare = ByteBuffer()
    /// The first `count` hold memory, the others none.
    private var buffers = InlineArray<most, ByteBuffer> { _ in ByteBuffer() }
    private var count = 0
    /// How many of those are longer than 64 KiB.
    private var bigCount = 0
    private let firstCapacity: Int

    /// A new buffer has room for `firstCapacity` bytes.
    init(firstCapacity: Int) {
        self.firstCapacity = firstCapacity
    }

    /// Gives a buffer without memory some.
    @inline(__always)
    mutating func fill(_ buffer: inout ByteBuffer) {
        guard spare.capacity > 0 else { return fillFromRest(&buffer) }
        spare.giveMemory(to: &buffer)
    }

    @inline(never)
    private mutating func fillFromRest(_ buffer: inout ByteBuffer) {
        guard count > 0 else { return buffer.reserve(firstCapacity) }
        count &-= 1
        if buffers[count].capacity > Self.bufferBytesMax { bigCount &-= 1 }
        buffers[count].giveMemory(to: &buffer)
    }

    /// Takes the memory of a buffer whose bytes nobody needs; frees it when there is enough.
    @inline(__always)
    mutating func drain(_ buffer: inout ByteBuffer) {
        guard spare.capacity == 0, buffer.capacity <= Self.bigBytesMax else {
            return drainToRest(&buffer)
        }
        buffer.giveMemory(to: &spare)
    }

    @inline(never)
    private mutating func drainToRest(_ buffer: inout ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        let isBig = buffer.capacity > Self.bufferBytesMax
        guard count < most, buffer.capacity <= Self.bigBytesMax,
            !isBig || bigCount < Self.bigCountMax
        else { return buffer.removeAll(keepingCapacity: false) }
        if isBig { bigCount &+= 1 }
        buffer.giveMemory(to: &buffers[count])
        count &+= 1
    }
}
