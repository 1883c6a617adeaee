/// Which bytes a `Range` field asks for (RFC 9110 section 14), of a representation whose length is known.
///
/// A single range of bytes is served. Several, a malformed field and any other unit are ignored, as the RFC
/// allows: the answer is then the whole. Numbers of any size saturate, so none can overflow (HARDENING A15).
package enum ByteRange: Hashable, Sendable {
    /// All of it: 200.
    case whole
    /// These bytes, at least one and all of them there: 206.
    case part(Range<Int>)
    /// None of its bytes: 416.
    case unsatisfiable

    /// What `field`, a whole `Range` field, asks of `length` bytes.
    package init(_ field: String, length: Int) {
        guard let members = Self.members(field), members.count == 1, let member = members.first
        else {
            self = .whole
            return
        }
        self = Self.range(member, max(0, length)) ?? .whole
    }

    private static func members(_ field: String) -> [Substring.UTF8View]? {
        let parts = field.utf8.split(
            separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2,
            [UInt8](parts[0]).span.isEqualIgnoringCase(to: "bytes")
        else { return nil }
        return parts[1].split(separator: UInt8(ascii: ","))
            .map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    /// What `first-last`, `first-` or `-count` asks for; nil for anything else.
    private static func range(_ member: Substring.UTF8View, _ length: Int) -> ByteRange? {
        let ends = member.split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        guard !ends[0].isEmpty else {
            guard let count = number(ends[1]) else { return nil }
            // The empty representation has no last byte, and is served as it is.
            guard length > 0 else { return count > 0 ? .whole : .unsatisfiable }
            return count > 0 ? .part(max(0, length &- count)..<length) : .unsatisfiable
        }
        guard let first = number(ends[0]) else { return nil }
        guard !ends[1].isEmpty else {
            return first < length ? .part(first..<length) : .unsatisfiable
        }
        guard let last = number(ends[1]), last >= first else { return nil }
        guard first < length else { return .unsatisfiable }
        return .part(first..<min(last, length &- 1) &+ 1)
    }

    /// What digits say, the biggest `Int` where they say more; nil for anything but digits.
    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isOver) = product.addingReportingOverflow(Int(digit))
            number = isTooLarge || isOver ? .max : sum
        }
        return number
    }
}
