/// A version of a representation by name: `"a1"`, or `W/"a1"` when it is weak (RFC 9110 section 8.8.3).
package struct EntityTag: Hashable, Sendable {
    /// What is between the quotes.
    package let opaque: String
    /// Whether two representations of this tag may differ in their bytes.
    package let isWeak: Bool

    /// A tag; `opaque` holds no quote and no control.
    package init(_ opaque: String, isWeak: Bool) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag that `text` is, and nothing else.
    package init?(_ text: String) {
        guard let tags = Self.list(text), tags.count == 1 else { return nil }
        self = tags[0]
    }

    /// As in a field.
    package var text: String { isWeak ? "W/\"\(opaque)\"" : "\"\(opaque)\"" }

    /// Whether both are strong and the same (RFC 9110 section 8.8.3.2).
    package func isStronglyEqual(to other: EntityTag) -> Bool {
        !isWeak && !other.isWeak && opaque == other.opaque
    }

    /// Whether both are the same, weak or not (RFC 9110 section 8.8.3.2).
    package func isWeaklyEqual(to other: EntityTag) -> Bool { opaque == other.opaque }

    /// The tags of `If-Match` or `If-None-Match` (not `*`), read once from left to right; nil for anything else.
    package static func list(_ text: String) -> [EntityTag]? {
        var tags: [EntityTag] = []
        var rest = text.utf8[...]
        var needsComma = false
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: ","): needsComma = false
            case 0x20, 0x09: break
            default:
                guard !needsComma, let tag = take(from: &rest) else { return nil }
                tags.append(tag)
                needsComma = true
                continue
            }
            rest.removeFirst()
        }
        return tags.isEmpty ? nil : tags
    }

    private static func take(from rest: inout Substring.UTF8View) -> EntityTag? {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest.removeFirst(2) }
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        rest.removeFirst()
        guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let opaque = rest[..<end]
        rest = rest[rest.index(after: end)...]
        // etagc: anything visible, and obs-text.
        guard opaque.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        return EntityTag(String(Substring(opaque)), isWeak: isWeak)
    }
}
