internal import RNodeWS

/// Reads JSON from bytes, value by value: checks the grammar, builds nothing, and never recurses.
///
/// The text is passed to each call and must be the same in all; what comes back are ranges of it.
/// Raw bytes above ASCII are taken as they are: a text whose UTF-8 nobody has checked goes through
/// `check(body:limits:)`.
struct JSONScanner {
    /// Where the next byte is read.
    var offset = 0
    let limits: JSONLimits

    init(limits: JSONLimits = JSONLimits()) {
        self.limits = limits
    }

    /// Checks one whole text: UTF-8, one value, nothing after it.
    static func check(body text: Span<UInt8>, limits: JSONLimits) throws(JSONFault) -> JSONValue {
        guard (try? UTF8Span(validating: text)) != nil else { throw .malformed }
        var scanner = JSONScanner(limits: limits)
        let value = try scanner.value(text)
        guard scanner.isAtEnd(text) else { throw .malformed }
        return value
    }

    // MARK: - Bytes

    /// The next byte that is not white space, which stays unread; nil at the end.
    mutating func peek(_ text: Span<UInt8>) -> UInt8? {
        while offset < text.count {
            let byte = text[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset &+= 1
        }
        return nil
    }

    /// Reads `byte`, after white space, if it is next.
    mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        guard peek(text) == byte else { return false }
        offset &+= 1
        return true
    }

    /// Whether only white space is left.
    mutating func isAtEnd(_ text: Span<UInt8>) -> Bool { peek(text) == nil }

    // MARK: - Values

    /// Reads one value of any kind, inside `depth` open objects or arrays.
    mutating func value(_ text: Span<UInt8>, depth: Int = 0) throws(JSONFault) -> JSONValue {
        guard let first = peek(text) else { throw .malformed }
        let start = offset
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            return try scalar(first, text)
        }
        try container(first, text, depth: depth)
        return JSONValue(first == UInt8(ascii: "{") ? .object : .array, start..<offset)
    }

    /// Reads the key of a member and the colon after it.
    mutating func key(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        guard peek(text) == UInt8(ascii: "\"") else { throw .malformed }
        let key = try string(text)
        guard take(UInt8(ascii: ":"), text) else { throw .malformed }
        return key
    }

    /// Reads a value that is no object or array.
    mutating func scalar(
        _ first: UInt8, _ text: Span<UInt8>
    ) throws(JSONFault) -> JSONValue {
        switch first {
        case UInt8(ascii: "\""): return try string(text)
        case UInt8(ascii: "t"): return try word("true", .boolean, text)
        case UInt8(ascii: "f"): return try word("false", .boolean, text)
        case UInt8(ascii: "n"): return try word("null", .null, text)
        default: return try number(text)
        }
    }

    private mutating func word(
        _ word: StaticString, _ form: JSONValue.Form, _ text: Span<UInt8>
    ) throws(JSONFault) -> JSONValue {
        let end = offset &+ word.utf8CodeUnitCount
        guard end <= text.count, text.extracting(offset..<end).isEqual(to: word) else {
            throw .malformed
        }
        defer { offset = end }
        return JSONValue(form, offset..<end)
    }

    /// Reads a string whose opening quote is next.
    private mutating func string(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        let start = offset
        var hasEscapes = false
        offset &+= 1
        while true {
            offset = JSONString.plainEnd(text, from: offset)
            guard offset >= 0, offset < text.count else { throw .malformed }
            if text[offset] == UInt8(ascii: "\"") { break }
            guard let escape = JSONString.escape(text, at: offset) else { throw .malformed }
            hasEscapes = true
            offset &+= escape.count
        }
        offset &+= 1
        return JSONValue(hasEscapes ? .escapedString : .string, start..<offset)
    }

    // MARK: - Numbers

    private mutating func number(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        let start = offset
        if offset < text.count, text[offset] == UInt8(ascii: "-") { offset &+= 1 }
        let first = offset
        var digitsCount = try digits(text)
        // A leading zero stands alone.
        guard digitsCount == 1 || text[first] != UInt8(ascii: "0") else { throw .malformed }
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset &+= 1
            digitsCount &+= try digits(text)
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            offset &+= 1
            skipSign(text)
            digitsCount &+= try digits(text)
        }
        guard digitsCount <= limits.numberDigitsMax else { throw .numberTooLong }
        return JSONValue(.number, start..<offset)
    }

    private mutating func skipSign(_ text: Span<UInt8>) {
        guard offset < text.count else { return }
        let byte = text[offset]
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset &+= 1 }
    }

    /// Reads at least one digit, and says how many there were.
    private mutating func digits(_ text: Span<UInt8>) throws(JSONFault) -> Int {
        let start = offset
        while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 { offset &+= 1 }
        guard offset > start else { throw .malformed }
        return offset &- start
    }
}
