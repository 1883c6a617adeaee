// A frame's head and its payload, or anything short with what it introduces, in one step.
//
// SAFETY: the memory is the buffer's own, see `ByteBuffer`.
extension ByteBuffer {
    /// Appends the low `wordCount` bytes of `word`, lowest first, and then `bytes`, in one step: a
    /// short head and what it introduces. A count outside 0...8 counts as the nearer end.
    @inlinable
    @inline(__always)
    public mutating func append(_ word: UInt64, count wordCount: Int, then bytes: Span<UInt8>) {
        let wordCount = min(max(wordCount, 0), 8)
        let count = bytes.count
        // Room for the whole word, so that one store writes it whatever its count.
        guard count &+ 8 <= capacity &- tail else {
            return Self.growAndAppend(word, wordCount, bytes, to: &self)
        }
        // SAFETY: there is memory, for there is room; the bytes read and written lie within both.
        let start = unsafe base.unsafelyUnwrapped + tail
        unsafe start.storeBytes(of: word.littleEndian, as: UInt64.self)
        tail &+= wordCount &+ count
        // The copy comes last, so that whoever this is inlined into has nothing to save and restore for it. A few bytes
        // are copied here, by their two ends, which may overlap: a call would take longer.
        unsafe bytes.withUnsafeBytes { source in
            guard let first = source.baseAddress else { return }
            let place = unsafe start + wordCount
            if count >= 16, count <= 32 {
                unsafe Self.copyEnds(SIMD2<UInt64>.self, 16, from: first, to: place, count)
            } else if count >= 8, count < 16 {
                unsafe Self.copyEnds(UInt64.self, 8, from: first, to: place, count)
            } else {
                unsafe place.copyMemory(from: first, byteCount: count)
            }
        }
    }

    // SAFETY: both are `count` bytes, and `width`, the size of an `Ends`, is at most `count`; loads and stores are unaligned.
    @inlinable
    @inline(__always)
    static func copyEnds<Ends: BitwiseCopyable>(
        _ type: Ends.Type, _ width: Int, from source: UnsafeRawPointer,
        to destination: UnsafeMutableRawPointer, _ count: Int
    ) {
        let last = count &- width
        let first = unsafe source.loadUnaligned(as: Ends.self)
        let end = unsafe source.loadUnaligned(fromByteOffset: last, as: Ends.self)
        unsafe destination.storeBytes(of: first, as: Ends.self)
        unsafe destination.storeBytes(of: end, toByteOffset: last, as: Ends.self)
    }

    @inline(never)
    @usableFromInline
    static func growAndAppend(
        _ word: UInt64, _ wordCount: Int, _ bytes: Span<UInt8>, to buffer: inout ByteBuffer
    ) {
        buffer.reserve(bytes.count &+ 8)
        buffer.append(word, count: wordCount, then: bytes)
    }
}
