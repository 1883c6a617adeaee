/// Memory for bytes that handlers leave, so that a connection whose answers pass the soft mark again and again allocates none.
///
/// Keeps at most sixteen buffers of at most 64 KiB each. Who leaves few bytes is not lent much: at most twice as much memory as
/// they need, or 1 KiB.
struct BacklogPool: ~Copyable {
    static var bufferBytesMax: Int { 65_536 }

    /// The first `count` are there.
    private var spares = InlineArray<16, Owned<ByteBuffer>?> { _ in nil }
    /// How many are kept.
    private(set) var count = 0

    /// A buffer that holds a copy of `bytes`.
    mutating func take(copying bytes: Span<UInt8>) -> Owned<ByteBuffer> {
        guard let spare = takeSpare(for: bytes.count) else {
            return Owned(ByteBuffer(copying: bytes))
        }
        spare.update { buffer in
            // One that grows is still kept afterwards.
            buffer.reserve(bytes.count, within: Self.bufferBytesMax)
            buffer.append(bytes)
        }
        return spare
    }

    private mutating func takeSpare(for bytes: Int) -> Owned<ByteBuffer>? {
        // The mask says to the compiler what is so: there are sixteen places.
        let last = (count &- 1) & 15
        guard count > 0, let spare = spares[last].take() else { return nil }
        guard spare.borrow({ $0.capacity }) <= max(1_024, 2 &* bytes) else {
            spares[last] = consume spare
            return nil
        }
        count = last
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
