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
        let start = max(range.lowerBound, 0)
        let end = min(range.upperBound, bytes.count)
        guard start < end else { return true }
        return unsafe apply(
            rotated(key, by: phase), to: &bytes, uncheckedFrom: start, count: end &- start)
    }

    // SAFETY: owner: the caller's span, borrowed exclusively and only inside the closure. Bounds: whoever calls has
    // checked that there are bytes, 0 <= start and start + count <= bytes.count. One thread: the span is not shared.
    @unsafe
    @inlinable
    @inline(always)
    static func apply(
        _ key: UInt32, to bytes: inout MutableSpan<UInt8>, uncheckedFrom start: Int, count: Int
    ) -> Bool {
        unsafe bytes.withUnsafeMutableBytes { raw in
            // Where there are bytes, they have an address.
            unsafe apply(key, to: raw.baseAddress.unsafelyUnwrapped + start, count: count)
        }
    }

    // SAFETY: `base` is `count` bytes, exclusively borrowed by the caller above. Every load and
    // store lies at an index with index + width <= count; none is aligned, none is kept.
    @inlinable
    @inline(always)
    static func apply(
        _ key: UInt32, to base: UnsafeMutableRawPointer, count: Int
    ) -> Bool {
        let wideKey = UInt64(key) << 32 | UInt64(key)
        let seen =
            count < 64
            ? unsafe applyShort(wideKey, to: base, count: count)
            : unsafe applyWide(wideKey, to: base, count: count)
        return seen & 0x8080_8080_8080_8080 == 0
    }

    // SAFETY: as above, of 0...63 bytes.
    @inlinable
    @inline(always)
    static func applyShort(
        _ key: UInt64, to base: UnsafeMutableRawPointer, count: Int
    ) -> UInt64 {
        if count >= 16 { return unsafe applyEnds(key, to: base, count: count) }
        var index = 0
        var seen: UInt64 = 0
        if count >= 8 {
            seen = unsafe base.loadUnaligned(as: UInt64.self) ^ key
            unsafe base.storeBytes(of: seen, as: UInt64.self)
            index = 8
        }
        // Eight bytes of the key take it round twice.
        var rest = key
        while index < count {
            let byte =
                unsafe base.load(fromByteOffset: index, as: UInt8.self)
                ^ UInt8(truncatingIfNeeded: rest)
            unsafe base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            seen |= UInt64(byte)
            rest >>= 8
            index &+= 1
        }
        return seen
    }

    /// The key, or several of them in a row, as seen by the byte that has `phase` bytes before it.
    @inlinable
    @inline(always)
    static func rotated<Key: FixedWidthInteger>(_ key: Key, by phase: Int) -> Key {
        let bits = Key(truncatingIfNeeded: phase & 3) &* 8
        // What leaves at one end comes in at the other. A shift by all bits is one by 0.
        return key &>> bits | key &<< (Key(truncatingIfNeeded: Key.bitWidth) &- bits)
    }

    // SAFETY: as above, of 16...63 bytes: 16 or 32 at either end. Both ends are loaded before one is stored, so that what lies in
    // both is the same in both.
    @inlinable
    @inline(always)
    static func applyEnds(
        _ key: UInt64, to base: UnsafeMutableRawPointer, count: Int
    ) -> UInt64 {
        typealias Half = SIMD2<UInt64>
        let last = count &- 16
        let turned = rotated(key, by: last)
        let first = unsafe base.loadUnaligned(as: Half.self) ^ Half(repeating: key)
        let end =
            unsafe base.loadUnaligned(fromByteOffset: last, as: Half.self)
            ^ Half(repeating: turned)
        var seen = first | end
        if count > 32 {
            let second =
                unsafe base.loadUnaligned(fromByteOffset: 16, as: Half.self) ^ Half(repeating: key)
            let third =
                unsafe base.loadUnaligned(fromByteOffset: last &- 16, as: Half.self)
                ^ Half(repeating: turned)
            unsafe base.storeBytes(of: second, toByteOffset: 16, as: Half.self)
            unsafe base.storeBytes(of: third, toByteOffset: last &- 16, as: Half.self)
            seen |= second | third
        }
        unsafe base.storeBytes(of: first, as: Half.self)
        unsafe base.storeBytes(of: end, toByteOffset: last, as: Half.self)
        return seen[0] | seen[1]
    }

    // SAFETY: as above, of at least 64 bytes: 64 a step, and the last 1...63 by `applyEnds`, or byte by byte below 16. Four lanes
    // of UInt64 compile to vector instructions on every target, wide lanes of UInt8 do not.
    @inline(never)
    @usableFromInline
    static func applyWide(
        _ key: UInt64, to base: UnsafeMutableRawPointer, count: Int
    ) -> UInt64 {
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
        let most = seen[0] | seen[1] | seen[2] | seen[3]
        guard index < count else { return most }
        return unsafe most | applyShort(key, to: base + index, count: count &- index)
    }
}
