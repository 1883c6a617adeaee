// Searches sixteen bytes a step, and then eight, in which a few comparisons or sums mark the bytes that deserve a look.
extension Span where Element == UInt8 {
    /// What some bytes are marked by, in sixteen at once and in eight.
    @usableFromInline
    typealias BlockMarks = (SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>

    /// The place of the first byte at or after `start` that is marked, and that `isWanted`, or nil.
    ///
    /// `blockMarks` says for each byte of a block whether it is marked, and `marks` sets the high bit of those of a word.
    /// They mark the same bytes.
    @inlinable
    @inline(__always)
    func first(
        from start: Int, blockMarks: BlockMarks, marks: (UInt64) -> UInt64,
        where isWanted: (UInt8) -> Bool
    ) -> Int? {
        guard start >= 0 else { return nil }
        var index = start
        while index <= count &- 16 {
            // SAFETY: a mask is sixteen bytes, 0 or -1 each, and any bits are numbers.
            let marked = unsafe unsafeBitCast(
                blockMarks(load16(at: index)), to: SIMD2<UInt64>.self)
            let high = marked & SIMD2(repeating: 0x8080_8080_8080_8080)
            if high[0] | high[1] != 0 {
                if let found = first(of: high[0], at: index, where: isWanted) { return found }
                if let found = first(of: high[1], at: index &+ 8, where: isWanted) { return found }
            }
            index &+= 16
        }
        return first(from: index, marks: marks, where: isWanted)
    }

    /// The same by words alone, which finds what is near sooner.
    @inlinable
    @inline(__always)
    func first(
        from start: Int, marks: (UInt64) -> UInt64, where isWanted: (UInt8) -> Bool
    ) -> Int? {
        guard start >= 0 else { return nil }
        var index = start
        while index <= count &- 8 {
            if let found = first(of: marks(word(at: index)), at: index, where: isWanted) {
                return found
            }
            index &+= 8
        }
        guard index < count else { return nil }
        let marked = marks(lastWord(from: index))
        // The places behind the last byte are 0, which may be marked; no shift is as wide as the word.
        let excess = UInt64(truncatingIfNeeded: 64 &- 8 &* (count &- index))
        return first(of: (marked &<< excess) &>> excess, at: index, where: isWanted)
    }

    /// The place of the first byte that `isWanted` of those whose high bit is set in `marks`, of the word at `index`.
    @inlinable
    @inline(__always)
    func first(of marks: UInt64, at index: Int, where isWanted: (UInt8) -> Bool) -> Int? {
        var marked = marks
        while marked != 0 {
            let found = index &+ marked.trailingZeroBitCount / 8
            // SAFETY: the caller marks no byte that is not there.
            if isWanted(unsafe self[unchecked: found]) { return found }
            marked &= marked &- 1
        }
        return nil
    }
}
