// Objects and arrays, without recursion: what is open is a stack of bits, and after each token one
// of three things is expected.

extension JSONScanner {
    private enum Expected {
        /// A key, or right after `{` its end.
        case key(orEnd: Bool)
        /// A value, or right after `[` its end.
        case element(orEnd: Bool)
        /// A comma or the end.
        case separator
    }

    /// Reads an object or array whose first byte is next, and everything inside it.
    mutating func container(
        _ first: UInt8, _ text: Span<UInt8>, depth: Int
    ) throws(JSONFault) {
        var nesting = JSONNesting(depth: depth, limits: limits)
        var expected = try open(first, &nesting)
        while nesting.isOpen {
            guard let byte = peek(text) else { throw .malformed }
            switch expected {
            case .separator: expected = try separator(byte, &nesting)
            case .key(let orEnd): expected = try member(byte, orEnd: orEnd, text, &nesting)
            case .element(let orEnd): expected = try element(byte, orEnd: orEnd, text, &nesting)
            }
        }
    }

    private mutating func open(
        _ byte: UInt8, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        let isObject = byte == UInt8(ascii: "{")
        try nesting.open(isObject: isObject)
        offset &+= 1
        return isObject ? .key(orEnd: true) : .element(orEnd: true)
    }

    private mutating func separator(
        _ byte: UInt8, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        let isObject = nesting.isObject
        if byte == UInt8(ascii: ",") {
            offset &+= 1
            return isObject ? .key(orEnd: false) : .element(orEnd: false)
        }
        guard byte == UInt8(ascii: isObject ? "}" : "]") else { throw .malformed }
        return close(&nesting)
    }

    private mutating func close(_ nesting: inout JSONNesting) -> Expected {
        offset &+= 1
        nesting.close()
        return .separator
    }

    private mutating func member(
        _ byte: UInt8, orEnd: Bool, _ text: Span<UInt8>, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        if orEnd, byte == UInt8(ascii: "}") { return close(&nesting) }
        _ = try key(text)
        try nesting.countKey()
        return .element(orEnd: false)
    }

    private mutating func element(
        _ byte: UInt8, orEnd: Bool, _ text: Span<UInt8>, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        if orEnd, byte == UInt8(ascii: "]") { return close(&nesting) }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            return try open(byte, &nesting)
        }
        _ = try scalar(byte, text)
        return .separator
    }
}
