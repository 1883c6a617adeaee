/// The masking of client frames (RFC 6455 §5.3), in place and wide.
///
/// A key is the four wire bytes in little-endian order, as one load reads them.
public enum Mask {
    /// XORs `range` of `bytes` with `key`, and says whether all of the result is ASCII.
    ///
    /// `phase` is how many bytes of the payload came before `range`. A range that reaches out of
    /// `bytes` is cut to it. One pass does both, so that ASCII text needs no other validation.
    @discardableResult
    public static func apply(
        _ key: UInt32, phase: Int = 0, to bytes: inout MutableSpan<UInt8>, in range: Range<Int>
    ) -> Bool {
        applyInline(key, phase: phase, to: &bytes, in: range)
    }

    /// The same, for the one place where a call would show.
    @inline(__always)
    static func applyInline(
        _ key: UInt32, phase: Int = 0, to bytes: inout MutableSpan<UInt8>, in range: Range<Int>
    ) -> Bool {
        let start = max(range.lowerBound, 0)
        let end = min(range.upperBound, bytes.count)
        guard start < end else { return true }
        let turned = rotated(key, by: phase)
        // SAFETY: owner: the caller's span, borrowed exclusively and only inside this closure.
        // Bounds: 0 <= start < end <= raw.count. One thread: the span is not shared.
        return unsafe bytes.withUnsafeMutableBytes { raw in
            guard let base = raw.baseAddress else { return true }
            return unsafe apply(turned, to: base + start, count: end &- start)
        }
    }

    /// The key as seen by the byte that has `phase` bytes before it.
    @inline(__always)
    static func rotated(_ key: UInt32, by phase: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: phase & 3) &* 8
        // A shift by 32 gives 0, and the key itself stands on the other side.
        return key >> bits | key << (32 &- bits)
    }

    // SAFETY: `base` is `count` bytes, exclusively borrowed by the caller above. Every load and
    // store lies at an index with index + width <= count; none is aligned, none is kept.
    @inline(__always)
    private static func apply(
        _ key: UInt32, to base: UnsafeMutableRawPointer, count: Int
    ) -> Bool {
        let wideKey = UInt64(key) << 32 | UInt64(key)
        var index = 0
        var seen: UInt64 = 0
        if count >= 64 {
            (index, seen) = unsafe applyWide(wideKey, to: base, count: count)
        }
        while index &+ 8 <= count {
            let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wideKey
            unsafe base.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
            seen |= word
            index &+= 8
        }
        var rest = key
        if index &+ 4 <= count {
            let word = unsafe base.loadUnaligned(fromByteOffset: index, as: UInt32.self) ^ key
            unsafe base.storeBytes(of: word, toByteOffset: index, as: UInt32.self)
            seen |= UInt64(word)
            index &+= 4
        }
        while index < count {
            let byte =
                unsafe base.load(fromByteOffset: index, as: UInt8.self)
                ^ UInt8(truncatingIfNeeded: rest)
            unsafe base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            seen |= UInt64(byte)
            rest >>= 8
            index &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }

    // SAFETY: as above; 64 bytes a step while index + 64 <= count. Four lanes of UInt64 compile to
    // vector instructions on every target, wide lanes of UInt8 do not.
    @inline(never)
    private static func applyWide(
        _ key: UInt64, to base: UnsafeMutableRawPointer, count: Int
    ) -> (index: Int, seen: UInt64) {
        typealias Lanes = SIMD4<UInt64>
        let wide = Lanes(repeating: key)
        var index = 0
        var seen = Lanes()
        while index &+ 64 <= count {
            let first = unsafe base.loadUnaligned(fromByteOffset: index, as: Lanes.self) ^ wide
            let second =
                unsafe base.loadUnaligned(fromByteOffset: index &+ 32, as: Lanes.self) ^ wide
            unsafe base.storeBytes(of: first, toByteOffset: index, as: Lanes.self)
            unsafe base.storeBytes(of: second, toByteOffset: index &+ 32, as: Lanes.self)
            seen |= first | second
            index &+= 64
        }
        return (index, seen[0] | seen[1] | seen[2] | seen[3])
    }
}
