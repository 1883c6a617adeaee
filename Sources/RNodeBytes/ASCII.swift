/// Bytes as ASCII, without a detour through `String`.
public enum ASCII {
    /// `byte` with A–Z made a–z.
    @inlinable
    public static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit, or nil.
    @inlinable
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The lower-case hexadecimal digit of the low four bits of `nibble`.
    @inlinable
    public static func hexDigit(_ nibble: UInt8) -> UInt8 {
        let value = nibble & 0x0F
        return value < 10 ? 0x30 &+ value : 0x57 &+ value
    }
}

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
