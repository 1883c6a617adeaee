/// Comma-separated lists of tokens (RFC 9110 section 5.6.1), scanned once from left to right.
enum TokenList {
    /// The members of a list one after the other, without the blanks around them; an empty one is a member.
    struct Members {
        private var start = 0

        /// The next member's place in `list`, which must be the same in every call; nil behind the last.
        mutating func next(in list: Span<UInt8>) -> Range<Int>? {
            guard start < list.count else { return nil }
            let comma = list.firstIndex(of: UInt8(ascii: ","), from: start) ?? list.count
            defer { start = comma &+ 1 }
            return TokenList.trimmed(start..<comma, in: list)
        }
    }

    /// Whether `token`, which is lower-case, is one of the members, compared without case.
    static func contains(_ token: StaticString, in list: Span<UInt8>) -> Bool {
        var members = Members()
        while let member = members.next(in: list) {
            if list.extracting(member).isEqualIgnoringCase(to: token) { return true }
        }
        return false
    }

    /// Whether there are members, and each of them is `token`, which is lower-case; empty ones are no members.
    static func consists(of token: StaticString, _ list: Span<UInt8>) -> Bool {
        var members = Members()
        var count = 0
        while let member = members.next(in: list) {
            if member.isEmpty { continue }
            guard list.extracting(member).isEqualIgnoringCase(to: token) else { return false }
            count &+= 1
        }
        return count > 0
    }

    /// `range` without the spaces and tabs at its ends.
    @inline(__always)
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
