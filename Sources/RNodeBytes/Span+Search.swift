extension Span where Element == UInt8 {
    /// The place of the first `byte` at or after `start`, or nil.
    ///
    /// Looks at 32 bytes a step; a `start` outside the span finds nothing.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count else { return nil }
        // SAFETY: every 32-byte load begins at an index <= count - 32, inside the span's memory,
        // which outlives the closure.
        let wide = unsafe withUnsafeBytes { raw -> (found: Int?, next: Int) in
            let wanted = SIMD32<UInt8>(repeating: byte)
            var index = start
            while index &+ 32 <= raw.count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: index, as: SIMD32<UInt8>.self)
                if any(block .== wanted) { return (nil, index) }
                index &+= 32
            }
            return (nil, index)
        }
        var index = wide.next
        while index < count {
            if self[index] == byte { return index }
            index &+= 1
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// A copy of these bytes.
    public func copied() -> [UInt8] {
        // SAFETY: the buffer is the span's own memory, lent for the call, and copied within it.
        unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}

extension Span where Element == UInt8 {
    /// The place of the first control byte at or after `start`, or nil: 0–31 but HTAB, and DEL.
    ///
    /// Looks at 8 bytes a step; a `start` outside the span finds nothing. A line of text ends at a
    /// control byte, so this finds the end of a line and validates it in one pass.
    @inlinable
    public func firstControl(from start: Int) -> Int? {
        guard start >= 0, start < count else { return nil }
        var index = start
        while index <= count &- 8 {
            var marks = Self.controlMarks(word(at: index))
            while marks != 0 {
                let found = index &+ marks.trailingZeroBitCount / 8
                // SAFETY: there are eight bytes at `index`, and a word has no ninth.
                if unsafe self[unchecked: found] != 0x09 { return found }
                marks &= marks &- 1
            }
            index &+= 8
        }
        while index < count {
            // SAFETY: `start` is not negative, and `index` is below `count`.
            let byte = unsafe self[unchecked: index]
            if byte < 0x20 ? byte != 0x09 : byte == 0x7F { return index }
            index &+= 1
        }
        return nil
    }

    /// The eight bytes from `index` on, the first in the lowest place; 0 where there are not so many.
    @inlinable
    public func word(at index: Int) -> UInt64 {
        guard index >= 0, index <= count &- 8 else { return 0 }
        // SAFETY: the eight bytes lie in the span, as was just seen.
        return unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index, as: UInt64.self))
    }

    /// The high bit of each byte of `word` that is below 0x20 or is 0x7F.
    @inlinable
    static func controlMarks(_ word: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low7 = word & ~high
        // No sum carries into the next byte: 0x7F + 0x60 and 0x7F + 0x01 fit in eight bits.
        let isPrintable = low7 &+ 0x6060_6060_6060_6060
        let isDelete = low7 &+ 0x0101_0101_0101_0101
        return (~isPrintable | isDelete) & ~word & high
    }
}
