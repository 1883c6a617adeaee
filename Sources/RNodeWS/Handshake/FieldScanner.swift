/// A hand scanner over the value of a handshake field: tokens, quoted strings and lists
/// (RFC 9110 §5.6). It only moves forward: time is linear in the value's length.
struct FieldScanner {
    private let bytes: [UInt8]
    private var index = 0
    /// How often a byte was looked at: a few times each, whatever the value (HARDENING A13).
    private(set) var looks = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The byte at the scanner, or nil at the end.
    var next: UInt8? {
        // Once, not in each function that looks: what can't trap is to be shown in one place.
        @inline(never)
        mutating get {
            looks &+= 1
            return index >= 0 && index < bytes.count ? bytes[index] : nil
        }
    }

    /// Moves past `byte` if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index &+= 1
        return true
    }

    /// Moves past spaces and tabs.
    mutating func skipSpace() {
        while next == 0x20 || next == 0x09 { index &+= 1 }
    }

    /// Moves past spaces, tabs and commas: what may stand between the elements of a list.
    mutating func skipToElement() {
        while next == 0x20 || next == 0x09 || next == 0x2C { index &+= 1 }
    }

    /// A token (RFC 9110 §5.6.2), or nil where none stands.
    mutating func token() -> String? {
        let start = index
        while let byte = next, Self.isTokenByte(byte) { index &+= 1 }
        guard index > start else { return nil }
        return String(validating: bytes[start..<index], as: UTF8.self)
    }

    /// A quoted string whose content is a token, as RFC 6455 §9.1 wants it; nil for anything else.
    mutating func quotedToken() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var content: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") { index &+= 1 }
            guard let literal = next, Self.isTokenByte(literal) else { return nil }
            content.append(literal)
            index &+= 1
        }
        guard take(UInt8(ascii: "\"")), !content.isEmpty else { return nil }
        return String(validating: content, as: UTF8.self)
    }

    /// Whether an element of a list has ended here: at a comma or the end of the value.
    mutating func atElementEnd() -> Bool {
        skipSpace()
        return next == nil || next == UInt8(ascii: ",")
    }

    /// Whether `byte` may be in a token.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...0x60,
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension FieldScanner {
    /// Whether `text` is a token: safe to write into a field.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    /// `value` without the spaces and tabs around it.
    static func trimmed(_ value: Span<UInt8>) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var start = 0
        var end = value.count
        while start < end, isSpace(value[start]) { start &+= 1 }
        while end > start, isSpace(value[end &- 1]) { end &-= 1 }
        return value.extracting(start..<end).copied()
    }

    /// Whether a list of tokens has `token` (in lower case) among its elements, in any case.
    static func list(_ value: [UInt8], contains token: StaticString) -> Bool {
        value.split(separator: UInt8(ascii: ",")).contains { element in
            trimmed(element.span).span.isEqualIgnoringCase(to: token)
        }
    }

    /// The elements of `Sec-WebSocket-Protocol`, the first `max` of them: different tokens, at
    /// least one. Nil when the value is anything else, and no elements when there is no value. Those beyond `max` are counted.
    static func subprotocols(
        _ value: [UInt8]?, max: Int, declined: inout Int
    ) -> [String]? {
        guard let value else { return [] }
        var scanner = FieldScanner(value)
        return scanner.subprotocols(max: max, declined: &declined)
    }

    /// The same, of what is scanned.
    mutating func subprotocols(max: Int, declined: inout Int) -> [String]? {
        var names: [String] = []
        skipToElement()
        while next != nil {
            guard let name = token(), atElementEnd() else { return nil }
            // Beyond the limit only the grammar is still checked.
            if names.count < max {
                guard !names.contains(name) else { return nil }
                names.append(name)
            } else {
                declined &+= 1
            }
            skipToElement()
        }
        return names.isEmpty ? nil : names
    }

    /// The same, whatever is beyond `max`.
    static func subprotocols(_ value: [UInt8]?, max: Int) -> [String]? {
        var declined = 0
        return subprotocols(value, max: max, declined: &declined)
    }
}
