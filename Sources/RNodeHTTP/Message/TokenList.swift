/// Comma-separated lists of tokens (RFC 9110 section 5.6.1), scanned once from left to right.
enum TokenList {
    /// Whether `token`, which is lower-case, is one of the members, compared without case.
    static func contains(_ token: StaticString, in list: Span<UInt8>) -> Bool {
        var start = 0
        while start < list.count {
            let comma = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
            let member = trimmed(start..<comma, in: list)
            if list.extracting(member).isEqualIgnoringCase(to: token) { return true }
            start = comma &+ 1
        }
        return false
    }

    /// `range` without the spaces and tabs at its ends.
    static func trimmed(_ range: Range<Int>, in bytes: Span<UInt8>) -> Range<Int> {
        var first = range.lowerBound
        var last = range.upperBound
        while first < last, isBlank(bytes[first]) { first &+= 1 }
        while last > first, isBlank(bytes[last &- 1]) { last &-= 1 }
        return first..<last
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
