/// The first 8 bytes of a frame in one word: all of any header of a masked payload below 64 KiB.
///
/// Serves the fast path only, which leaves everything unusual, errors too, to `FrameDecoder`.
struct FrameHead {
    /// The bytes as they lie on the wire, the first one lowest.
    private let word: UInt64

    /// Loads the word; 0, which is no usual head, when it does not lie in `bytes`.
    @inline(__always)
    init(_ bytes: borrowing MutableSpan<UInt8>, at offset: Int) {
        // SAFETY: owner: the caller's span, borrowed for this closure. Bounds: checked first that
        // 0 <= offset and offset + 8 <= count. One thread: the span is not shared.
        let loaded = unsafe bytes.withUnsafeBytes { raw in
            guard offset >= 0, raw.count &- offset >= 8, let base = raw.baseAddress else {
                return UInt64(0)
            }
            return unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
        word = UInt64(littleEndian: loaded)
    }

    /// The kind of a whole message in a masked frame: FIN, no reserved bit, text or binary.
    @inline(__always)
    var kind: MessageKind? {
        guard word & 0x80FC == 0x8080 else { return nil }
        return MessageKind(rawValue: UInt8(truncatingIfNeeded: word & 0x3))
    }

    /// The rest of the header; nil for a 64-bit length, or one that is not minimal.
    @inline(__always)
    var rest: (headerCount: Int, payloadCount: UInt32, maskingKey: UInt32)? {
        let short = UInt32(truncatingIfNeeded: word >> 8) & 0x7F
        if short < 126 { return (6, short, UInt32(truncatingIfNeeded: word >> 16)) }
        let long = UInt32(UInt16(truncatingIfNeeded: word >> 16).byteSwapped)
        guard short == 126, long > 125 else { return nil }
        return (8, long, UInt32(truncatingIfNeeded: word >> 32))
    }
}
