/// The first 8 bytes of a frame in one word: all of any header of a masked payload below 64 KiB.
///
/// Serves the fast path only, which leaves everything unusual, errors too, to `FrameDecoder`.
@usableFromInline
struct FrameHead {
    /// The bytes as they lie on the wire, the first one lowest.
    @usableFromInline
    let word: UInt64

    /// Loads the word; 0, which is no usual head, when it does not lie in `bytes`.
    @inlinable
    @inline(always)
    init(_ bytes: borrowing MutableSpan<UInt8>, at offset: Int) {
        guard offset >= 0, bytes.count &- offset >= 8 else {
            word = 0
            return
        }
        // SAFETY: owner: the caller's span, borrowed for this load. Bounds: 0 <= offset and offset + 8 <= count were just
        // checked. One thread: the span is not shared.
        let loaded = unsafe bytes.span.bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: UInt64.self)
        word = UInt64(littleEndian: loaded)
    }

    /// The kind of a whole message in a masked frame: FIN, no reserved bit, text or binary.
    @inlinable
    @inline(always)
    var kind: MessageKind? {
        let opcode = word & 0x3
        guard word & 0x80FC == 0x8080, opcode &- 1 < 2 else { return nil }
        return opcode == 1 ? .text : .binary
    }

    /// The rest of the header; nil for a 64-bit length, or one that is not minimal.
    @inlinable
    @inline(always)
    var rest: (headerCount: Int, payloadCount: UInt32, maskingKey: UInt32)? {
        let short = UInt32(truncatingIfNeeded: word >> 8) & 0x7F
        if short < 126 { return (6, short, UInt32(truncatingIfNeeded: word >> 16)) }
        let long = UInt32(UInt16(truncatingIfNeeded: word >> 16).byteSwapped)
        guard short == 126, long > 125 else { return nil }
        return (8, long, UInt32(truncatingIfNeeded: word >> 32))
    }
}
