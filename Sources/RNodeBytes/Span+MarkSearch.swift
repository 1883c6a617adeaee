// Searches by words: eight bytes a step, in which a few sums mark the bytes that deserve a look.
extension Span where Element == UInt8 {
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
        guard index < count else { return nil }
        var marked = marks(lastWord(from: index))
        while marked != 0 {
            let found = index &+ marked.trailingZeroBitCount / 8
            // The places behind the last byte are 0, which may be marked.
            guard found < count else { return nil }
            // SAFETY: `start` is not negative, and `found` is below `count`.
            if isWanted(unsafe self[unchecked: found]) { return found }
            marked &= marked &- 1
        }
        return nil
    }
}
