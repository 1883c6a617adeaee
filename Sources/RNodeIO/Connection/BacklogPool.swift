/// Memory for bytes that handlers leave, so that a connection whose answers pass the soft mark again and again allocates none.
///
/// Keeps at most sixteen buffers of at most 64 KiB each: a read's worth. So sixteen connections at most hold more memory than
/// what they wait with needs.
struct BacklogPool: ~Copyable {
    private static var bufferBytesMax: Int { 65_536 }

    /// The first `count` are there.
    private var spares = InlineArray<16, Owned<ByteBuffer>?> { _ in nil }
    private var count = 0

    /// A buffer that holds a copy of `bytes`.
    mutating func take(copying bytes: Span<UInt8>) -> Owned<ByteBuffer> {
        guard count > 0 else { return Owned(ByteBuffer(copying: bytes)) }
        count &-= 1
        // The mask says to the compiler what is so: there are sixteen places.
        guard let spare = spares[count & 15].take() else {
            return Owned(ByteBuffer(copying: bytes))
        }
        spare.update { $0.append(bytes) }
        return spare
    }

    /// Takes back a buffer whose bytes nobody needs.
    mutating func giveBack(_ used: consuming Owned<ByteBuffer>) {
        guard count < 16, used.borrow({ $0.capacity }) <= Self.bufferBytesMax else { return }
        used.update { $0.removeAll() }
        spares[count & 15] = consume used
        count &+= 1
    }
}
