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
        guard count == other.count else { return false }
        var index = 0
        while index <= count &- 8 {
            guard word(at: index) == other.word(at: index) else { return false }
            index &+= 8
        }
        while index < count {
            guard self[index] == other[index] else { return false }
            index &+= 1
        }
        return true
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
