// Whether bytes are others.
extension Span where Element == UInt8 {
    /// Whether these bytes are `other`, byte for byte.
    public func isEqual(to other: StaticString) -> Bool {
        guard count == other.utf8CodeUnitCount, other.hasPointerRepresentation else {
            return false
        }
        // SAFETY: a literal with a pointer lives as long as the process, and is this long.
        let expected = unsafe Span(
            _unsafeStart: other.utf8Start, count: other.utf8CodeUnitCount)
        return isEqual(to: expected)
    }

    /// Whether these bytes are `other`, byte for byte.
    public func isEqual(to other: Span<UInt8>) -> Bool {
        count == other.count && areSame(as: other, from: 0, at: 0, count: count)
    }

    /// Whether `length` bytes from `index` on are the same as those of `other` from `start` on.
    ///
    /// False where one of them has not so many there, and for a negative length; true for none.
    package func hasBytes(
        of other: Span<UInt8>, from start: Int, at index: Int, count length: Int
    ) -> Bool {
        guard length > 0 else { return length == 0 }
        guard index >= 0, start >= 0, length <= count, length <= other.count,
            index <= count &- length, start <= other.count &- length
        else { return false }
        return areSame(as: other, from: start, at: index, count: length)
    }

    /// The same of bytes that both are known to have.
    @inline(__always)
    private func areSame(
        as other: Span<UInt8>, from start: Int, at index: Int, count length: Int
    ) -> Bool {
        // The last step of each may look at bytes that were compared before.
        if length >= 16 {
            let last = length &- 16
            var done = 0
            while done < last {
                // SAFETY: there are `length` bytes from both places, and 16 of them at least are behind `done`.
                guard unsafe has16(of: other, from: start &+ done, at: index &+ done) else {
                    return false
                }
                done &+= 16
            }
            // SAFETY: as above.
            return unsafe has16(of: other, from: start &+ last, at: index &+ last)
        }
        if length >= 8 {
            let last = length &- 8
            return word(at: index) == other.word(at: start)
                && word(at: index &+ last) == other.word(at: start &+ last)
        }
        if length >= 4 {
            let last = length &- 4
            let (head, tail): (UInt32, UInt32) = (load(at: index), load(at: index &+ last))
            return head == other.load(at: start) && tail == other.load(at: start &+ last)
        }
        var done = 0
        while done < length {
            let byte: UInt8 = load(at: index &+ done)
            guard byte == other.load(at: start &+ done) else { return false }
            done &+= 1
        }
        return true
    }

    /// Whether sixteen bytes are the same.
    // SAFETY: the caller has seen that both have so many there.
    @unsafe
    @inline(__always)
    private func has16(of other: Span<UInt8>, from start: Int, at index: Int) -> Bool {
        let one = unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: index, as: SIMD2<UInt64>.self)
        let two = unsafe other.bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: start, as: SIMD2<UInt64>.self)
        let difference = one ^ two
        return difference[0] | difference[1] == 0
    }

    /// Whether these bytes are `other` when ASCII letters of both are made lower-case.
    public func isEqualIgnoringCase(to other: StaticString) -> Bool {
        guard count == other.utf8CodeUnitCount, other.hasPointerRepresentation else {
            return false
        }
        // SAFETY: as in `isEqual(to:)`.
        let expected = unsafe Span(
            _unsafeStart: other.utf8Start, count: other.utf8CodeUnitCount)
        for index in indices
        where ASCII.lowercased(self[index]) != ASCII.lowercased(expected[index]) {
            return false
        }
        return true
    }
}
