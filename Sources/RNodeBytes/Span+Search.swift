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

// Searches by words: eight bytes a step, in which a few sums mark the bytes that deserve a look.
extension Span where Element == UInt8 {
    /// The place of the first control byte at or after `start`, or nil: 0–31 but HTAB, and DEL.
    ///
    /// A `start` outside the span finds nothing. A line of text ends at a control byte, so this finds the end of
    /// a line and validates it in one pass.
    @inlinable
    public func firstControl(from start: Int) -> Int? {
        first(from: start, marked: Self.controlMarks) { $0 != 0x09 }
    }

    /// The place of the first byte at or after `start` that is no ASCII letter, digit or hyphen, and for which `isWanted`
    /// says true, or nil.
    ///
    /// `isWanted` is asked of one byte after the other, and not again once it said true. A `start` outside the
    /// span finds nothing.
    @inlinable
    @inline(__always)
    public func firstSymbol(from start: Int, where isWanted: (UInt8) -> Bool) -> Int? {
        first(from: start, marked: Self.symbolMarks, where: isWanted)
    }

    /// The place of the first byte at or after `start` whose high bit `marks` sets in a word that holds it, and that
    /// `isWanted`, or nil.
    @inlinable
    @inline(__always)
    func first(
        from start: Int, marked marks: (UInt64) -> UInt64, where isWanted: (UInt8) -> Bool
    ) -> Int? {
        guard start >= 0 else { return nil }
        var index = start
        while index <= count &- 8 {
            var marked = marks(word(at: index))
            while marked != 0 {
                let found = index &+ marked.trailingZeroBitCount / 8
                // SAFETY: there are eight bytes at `index`, and a word has no ninth.
                if isWanted(unsafe self[unchecked: found]) { return found }
                marked &= marked &- 1
            }
            index &+= 8
        }
        while index < count {
            // SAFETY: `start` is not negative, and `index` is below `count`.
            let byte = unsafe self[unchecked: index]
            if marks(UInt64(byte)) & 0x80 != 0, isWanted(byte) { return index }
            index &+= 1
        }
        return nil
    }

    /// The eight bytes from `index` on, the first in the lowest place; 0 where there are not so many.
    @inlinable
    public func word(at index: Int) -> UInt64 { load(at: index) }

    /// The bytes from `index` on, eight at most, the first in the lowest place; 0 in the places behind the last.
    @inlinable
    public func word(from index: Int) -> UInt64 {
        index <= count &- 8 ? word(at: index) : lastWord(from: index)
    }

    /// The bytes from `index` on, which are fewer than eight, as of two loads that overlap where there are four.
    // Inlined, for a call would cost whoever has none besides.
    @inlinable
    @inline(__always)
    func lastWord(from index: Int) -> UInt64 {
        let length = count &- index
        guard index >= 0, length > 0 else { return 0 }
        if count >= 8 {
            return word(at: count &- 8) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* length)
        }
        if length >= 4 {
            let (first, last): (UInt32, UInt32) = (load(at: index), load(at: count &- 4))
            return UInt64(first) | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* length &- 32)
        }
        let (first, middle, last): (UInt8, UInt8, UInt8) =
            (load(at: index), load(at: index &+ length / 2), load(at: count &- 1))
        return UInt64(first) | UInt64(middle) &<< UInt64(truncatingIfNeeded: 8 &* (length / 2))
            | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* length &- 8)
    }

    /// The number at `index`, its first byte the lowest; 0 where it does not fit.
    @inlinable
    @inline(__always)
    func load<Number: FixedWidthInteger & BitwiseCopyable>(at index: Int) -> Number {
        guard index >= 0, index <= count &- MemoryLayout<Number>.size else { return 0 }
        // SAFETY: the number's bytes lie in the span, as was just seen.
        return unsafe Number(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index, as: Number.self))
    }

    /// The first bytes of `range`, eight at most, as a number that begins with the first: 0x474554 for `GET`. 0 for none.
    @inlinable
    @inline(__always)
    public func number(_ range: Range<Int>) -> UInt64 {
        let length = min(range.upperBound &- range.lowerBound, 8)
        guard length > 0 else { return 0 }
        let start = range.lowerBound
        let word = start <= count &- 8 ? word(at: start) : lastWord(from: start)
        return word.byteSwapped &>> UInt64(truncatingIfNeeded: 64 &- 8 &* length)
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

    /// The high bit of each byte of `word` that is neither A–Z nor a–z nor 0–9 nor a hyphen.
    @inlinable
    static func symbolMarks(_ word: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low7 = word & ~high
        let lower = low7 | 0x2020_2020_2020_2020
        // As above: each sum has its high bit from the byte on that its name tells, and none carries.
        let isFromA = lower &+ 0x1F1F_1F1F_1F1F_1F1F
        let isBehindZ = lower &+ 0x0505_0505_0505_0505
        let isFrom0 = low7 &+ 0x5050_5050_5050_5050
        let isBehind9 = low7 &+ 0x4646_4646_4646_4646
        let isNoHyphen = (low7 ^ 0x2D2D_2D2D_2D2D_2D2D) &+ 0x7F7F_7F7F_7F7F_7F7F
        let isNoName = ~(isFromA & ~isBehindZ | isFrom0 & ~isBehind9) & isNoHyphen
        return (isNoName | word) & high
    }
}
